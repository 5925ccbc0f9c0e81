// What happened to a shipment, SKU, command or return: one line of time.

import { h } from "../parts/dom.js";
import { pathOf, read } from "../parts/api.js";
import { chip, empty, facts, id, MANY, some } from "../parts/pieces.js";
import { clock, counted, relative, words } from "../parts/text.js";

const KINDS = [
  ["shipment", "Shipment"],
  ["sku", "SKU"],
  ["command", "Command"],
  ["return", "Return"],
];
const GOOD = new Set(["ACCEPTED", "DONE"]);
const BAD = new Set(["REFUSED", "UNAUTHORIZED", "EXPIRED", "UNKNOWN"]);
const TOLD_ELSEWHERE = new Set(["at", "at_ms", "kind", "outcome"]);

export const history = {
  title: ({ parts }) => (parts[2] ? `${KINDS.find(([kind]) => kind === parts[1])?.[1] ?? ""} ${parts[2]}` : "History"),
  parent: ["History", "#/history"],
  every: 60,
  load: ({ parts, query }, signal) =>
    parts[2]
      ? read(
          pathOf("history", parts[1], parts[2]),
          { merchant: query.merchant, since: query.since, until: query.until },
          signal,
        )
      : null,
  draw: ({ data, route, now, ui, set }) => [
    form(route),
    data ? timeline(data, route.parts[2], now, ui, set) : route.parts[2] ? null : hint(),
  ],
};

function form({ parts, query }) {
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const rest = Object.entries(given).filter(
      ([name, value]) => value && ["merchant", "since", "until"].includes(name),
    );
    const search = rest.length ? `?${new URLSearchParams(rest)}` : "";
    if (given.subject.trim()) location.hash = `#/${pathOf("history", given.kind, given.subject.trim())}${search}`;
  };
  const field = (name, label, value = "", props = {}) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: `of-${name}` }, label),
      h("input", { id: `of-${name}`, name, value, autocomplete: "off", spellcheck: "false", ...props }),
    );
  return h(
    "form",
    { class: "panel form", onsubmit: submit, "data-key": `${parts[1]}/${parts[2]}` },
    h(
      "div",
      { class: "field" },
      h("label", { for: "of-kind" }, "What"),
      h(
        "select",
        { id: "of-kind", name: "kind" },
        KINDS.map(([kind, title]) => h("option", { value: kind, selected: kind === (parts[1] ?? "shipment") }, title)),
      ),
    ),
    field("subject", "Id", parts[2] ?? "", { required: true, class: "wide" }),
    field("merchant", "Merchant", query.merchant, { placeholder: "looked up" }),
    field("since", "Since", query.since, { placeholder: "-2h, yesterday" }),
    field("until", "Until", query.until, { placeholder: "now" }),
    h("button", { type: "submit", class: "button primary" }, "Show"),
  );
}

function timeline(entries, of, now, ui, set) {
  if (!entries.length) {
    return empty(
      "Nothing was found",
      "No record on the topics or in the archive names it at these times. Is the id whole, and of the right kind?",
    );
  }
  const { first, more } = some(entries, ui.shown ?? MANY, () => set({ shown: (ui.shown ?? MANY) + MANY }));
  return [
    h("p", { class: "note" }, `${counted(entries.length, "line")}, the oldest first; times are UTC`),
    h(
      "ol",
      { class: "timeline" },
      first.map((entry, index) => line(entry, first[index - 1], of, now)),
    ),
    more,
  ];
}

function line(entry, before, of, now) {
  const [day, time] = clock(entry.at_ms ?? entry.at).split(" ");
  const isNewDay = !before || clock(before.at_ms ?? before.at).split(" ")[0] !== day;
  const kind = GOOD.has(entry.outcome) ? "good" : BAD.has(entry.outcome) ? "bad" : entry.outcome ? "warn" : "info";
  const rest = Object.entries(entry).filter(
    ([name, value]) => !TOLD_ELSEWHERE.has(name) && value !== null && value !== "",
  );
  return [
    isNewDay ? h("li", { class: "day" }, day) : null,
    h(
      "li",
      { class: `entry ${kind}` },
      h("time", { title: relative(entry.at_ms ?? entry.at, now) }, time),
      h("span", { class: "what" }, words(entry.kind)),
      h(
        "details",
        null,
        h("summary", null, entry.outcome ? chip(kind, entry.outcome) : null, h("bdi", null, toldOf(entry, of))),
        facts(
          rest.map(([name, value]) => [words(name), id(typeof value === "boolean" ? (value ? "yes" : "no") : value)]),
        ),
      ),
    ),
  ];
}

const ASKED = new Set(["update", "command", "result"]);

/** In one line, which need not say what the whole history is of: as connector/cli/history/shown.py tells it. */
function toldOf(entry, of) {
  const asked = entry.command_id || entry.update_id;
  const first = [
    entry.name,
    asked && ASKED.has(entry.kind) ? ` ${asked}` : "",
    entry.about && entry.about !== of ? ` of ${entry.about}` : "",
    entry.location_id ? ` at ${entry.location_id}` : "",
  ];
  const facts = [
    entry.quantity === null ? "" : `quantity ${entry.quantity}`,
    entry.sequence === null ? "" : `sequence ${entry.sequence}`,
    entry.http_status ? `HTTP ${entry.http_status}` : "",
    entry.code,
    entry.message,
    entry.latency_ms === null ? "" : `${entry.latency_ms} ms`,
    (entry.attempt ?? 1) > 1 ? `attempt ${entry.attempt}` : "",
    entry.sent === false ? "never left" : "",
    entry.times > 1 ? `published ${entry.times} times` : "",
  ];
  return [first.join(""), ...facts.filter(Boolean)].join(", ");
}

function hint() {
  return empty(
    "Ask for anything by its id",
    "Press / anywhere and type a shipment, a SKU (by the OMS's name or Amazon's), a command or a return.",
  );
}
