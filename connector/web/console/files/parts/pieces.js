// What several views are made of.

import { Problem } from "./api.js";
import { h, icon } from "./dom.js";
import { clock, number, relative, words } from "./text.js";

const SHAPES = { good: "dot", bad: "cross", warn: "triangle", info: "ring", paused: "bars", off: "dash" };
const SEVERITIES = { CRITICAL: "bad", WARNING: "warn", INFO: "info" };
export const MANY = 200;

/** A state by word and shape. `kind`: good, bad, warn, info, paused or off. */
export function chip(kind, ...text) {
  return h("span", { class: `chip ${kind}` }, icon(SHAPES[kind]), h("span", null, text));
}

export function severity(name) {
  return chip(SEVERITIES[name] ?? "info", words(name));
}

export function banner(kind, title, text, ...actions) {
  return h(
    "div",
    { class: `banner ${kind}` },
    icon(SHAPES[kind]),
    h("div", { class: "grow" }, h("strong", null, title), text ? h("p", null, text) : null),
    actions.length ? h("div", { class: "actions" }, actions) : null,
  );
}

/** Text whose `commands` are set apart. */
export function prose(text) {
  return String(text ?? "")
    .split("`")
    .map((part, index) => (index % 2 ? h("code", null, part) : part));
}

export function empty(title, ...text) {
  return h("div", { class: "empty" }, icon("ring"), h("strong", null, title), h("p", null, text));
}

export function panel(title, { note = "", actions = [], key = null, kind = "" } = {}, ...content) {
  return h(
    "section",
    { class: `panel ${kind}`, "data-key": key },
    h(
      "header",
      null,
      h("h2", null, title),
      note ? h("span", { class: "note" }, note) : null,
      actions.length ? h("div", { class: "actions" }, actions) : null,
    ),
    content,
  );
}

export function figure(label, value, { kind = "", note = "", href = null } = {}) {
  const inner = [
    h("span", { class: "label" }, label),
    h("span", { class: "value" }, typeof value === "number" ? number(value) : value),
    note ? h("span", { class: "note" }, note) : null,
  ];
  return href ? h("a", { class: `figure ${kind}`, href }, inner) : h("div", { class: `figure ${kind}` }, inner);
}

export function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return h(
    "dl",
    { class: "facts" },
    told.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))),
  );
}

export function when(time, now) {
  if (!time) return "";
  return h("time", { title: `${clock(time)} UTC` }, relative(time, now));
}

/** An id or SKU: whatever is in it, its direction of writing is its own. */
export function id(text) {
  return h("bdi", { class: "id" }, text);
}

/** `name`: of its icon. `label`: what it does, where it has no text. */
export function button(text, onclick, { kind = "", name = null, label = null } = {}) {
  const props = { type: "button", class: kind === "plain" ? kind : `button ${kind}`, onclick, "aria-label": label };
  return h("button", props, name ? icon(name) : null, text);
}

export function bar(share) {
  if (share === null || share === undefined) return h("span", { class: "quiet" }, "–");
  const width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return h(
    "span",
    { class: share >= 0.95 ? "bar full" : "bar" },
    h("span", { class: "track" }, h("span", { class: "part", style: { width } })),
    h("span", { class: "share" }, `${Math.round(share * 100)} %`),
  );
}

/** A simple table for what is short. `heads`: [title, kind]. Roles are said: on a phone rows are drawn as cards. */
export function grid(label, heads, rows) {
  const head = ([title, kind = ""]) => h("th", { role: "columnheader", scope: "col", class: kind }, title);
  const cell = (content, place) => {
    const [title, kind = ""] = heads[place];
    return h("td", { role: "cell", class: kind, "data-label": title }, h("div", null, content));
  };
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      { class: "grid", role: "table" },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map(head))),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((cells) => h("tr", { role: "row" }, cells.map(cell))),
      ),
    ),
  );
}

export function problem(error, retry, ...actions) {
  const told = error instanceof Problem ? error : new Problem({ title: "The console could not show this" });
  const text = [told.message === told.title ? "" : told.message, " ", ...prose(told.remedy)];
  return banner("bad", told.title || told.message, text, button("Try again", retry, { name: "again" }), ...actions);
}

/** The first of many, and a button for the others. */
export function some(items, shown, onMore) {
  const rest = items.length - shown;
  const more =
    rest > 0
      ? h("div", { class: "more" }, button(`Show ${number(Math.min(rest, MANY))} of ${number(rest)} more`, onMore))
      : null;
  return { first: items.slice(0, shown), more };
}
