// Records that could not be used: as they came, decoded where they can be, and what to do with them.

import { h } from "../parts/dom.js";
import { pathOf, read, readGuarded } from "../parts/api.js";
import { act } from "../parts/actions.js";
import { banner, button, chip, empty, facts, grid, id, panel, when } from "../parts/pieces.js";
import { table } from "../parts/table.js";
import { clock, counted, words } from "../parts/text.js";
import { only } from "./shipments.js";

const MOST = 1000;
const HEX_LINE = 32; // characters: 16 bytes

export const deadLetters = {
  title: () => "Dead letters",
  every: 60,
  load: ({ query }, signal) => read("dead-letters", { merchant: query.merchant, limit: MOST }, signal),
  draw: ({ data, route, now, go }) => {
    if (!data) return null;
    const { merchant = "" } = route.query;
    const note = data.length === MOST ? `the newest ${counted(MOST, "letter")}` : counted(data.length, "letter");
    const rows = [...data].reverse();
    return [
      h(
        "div",
        { class: "tools" },
        merchant ? only(merchant, go) : null,
        h("span", { class: "note" }, `${note} that nobody dealt with yet`),
      ),
      rows.length
        ? list(rows, now)
        : empty(
            "No dead letter is open",
            "A record that can't be used shows here, with the reason, and is never lost.",
          ),
    ];
  },
};

function list(rows, now) {
  const columns = [
    { id: "id", title: "Letter", cell: (one) => id(one.id) },
    { id: "reason", title: "Reason", cell: (one) => chip("warn", words(one.reason)) },
    { id: "message", title: "What is wrong", cell: (one) => h("bdi", { title: one.message }, one.message) },
    { id: "source", title: "From", cell: (one) => id(sourceOf(one)) },
    { id: "merchant", title: "Merchant", cell: (one) => (one.merchant_id ? id(one.merchant_id) : "–") },
    { id: "failed", title: "When", cell: (one) => when(one.failed_at, now) },
  ];
  return table({
    name: "letters",
    label: "Dead letters",
    columns,
    rows,
    keyOf: (one) => one.id,
    hrefOf: (one) => `#/dead-letters/${one.id}`,
  });
}

export const deadLetter = {
  title: ({ parts }) => `Dead letter ${parts[1]}/${parts[2]}`,
  parent: ["Dead letters", "#/dead-letters"],
  load: ({ parts }, signal) => readGuarded(pathOf("dead-letters", parts[1], parts[2]), signal),
  draw: ({ data, route, now, reload }) => {
    if (!data) return null;
    return [
      h(
        "div",
        { class: "subject" },
        chip("warn", words(data.reason)),
        h("div", { class: "actions" }, data.dealt_with ? null : actions(route.parts, reload)),
      ),
      data.dealt_with ? banner("info", `It was ${data.dealt_with}`, "It is not offered again.") : null,
      h("p", { class: "lead" }, h("bdi", null, data.message)),
      facts([
        ["From", id(sourceOf(data))],
        ["Failed", [clock(data.failed_at), " UTC, ", when(data.failed_at, now)]],
        ["Merchant", data.merchant_id ? id(data.merchant_id) : ""],
        ["Key", data.key === null && data.key_hex ? `bytes ${data.key_hex}` : id(data.key ?? "none")],
      ]),
      panel("Decoded", { note: "may hold buyers' data" }, decoded(data)),
      data.headers.length
        ? panel(
            "Headers",
            {},
            grid(
              "Headers",
              [["Name"], ["Value"]],
              data.headers.map(({ name, value, value_hex: hex }) => [id(name), id(value ?? hex ?? "none")]),
            ),
          )
        : null,
      panel(
        "Bytes",
        { note: counted(data.raw.length / 2, "byte") },
        h("pre", { tabindex: "0", "aria-label": "Bytes in hexadecimal" }, hexdump(data.raw)),
      ),
    ];
  },
};

function sourceOf({ topic, partition, offset }) {
  return `${topic}/${partition}/${offset}`;
}

function decoded({ decoded: value, decoding_fault: fault }) {
  if (fault) return banner("bad", "It can't be decoded", fault);
  if (value === null) return h("p", { class: "note" }, "Its topic is none of the connector's, or it has no value.");
  return h("pre", { tabindex: "0", "aria-label": "Decoded record" }, JSON.stringify(value, null, 2));
}

function hexdump(raw) {
  const lines = [];
  for (let begin = 0; begin < raw.length; begin += HEX_LINE) {
    const pairs = raw.slice(begin, begin + HEX_LINE).match(/../g) ?? [];
    const text = pairs
      .map((pair) => Number.parseInt(pair, 16))
      .map((code) => (code > 31 && code < 127 ? String.fromCharCode(code) : "·"));
    lines.push(`${(begin / 2).toString(16).padStart(6, "0")}  ${pairs.join(" ").padEnd(47)}  ${text.join("")}`);
  }
  return lines.join("\n") || "nothing";
}

function actions([, partition, offset], reload) {
  const at = pathOf("dead-letters", partition, offset);
  const fields = [{ name: "reason", label: "Reason" }];
  const retry = {
    title: `Retry dead letter ${partition}/${offset}`,
    text: "The same bytes and key go to their topic again. What fails again is a new one: correct the cause first.",
    path: `${at}/retry`,
    fields,
    confirm: "Retry",
    tell: (result, isDry) => told(result.retried, result.failed, isDry ? "would be retried" : "is retried"),
    done: reload,
  };
  const drop = {
    title: `Drop dead letter ${partition}/${offset}`,
    text: "It is put aside for good, and not offered again.",
    path: `${at}/drop`,
    fields: [{ name: "reason", label: "Reason", required: true }],
    confirm: "Drop",
    tell: (result, isDry) => told(result.dropped, result.failed, isDry ? "would be dropped" : "is dropped"),
    kind: "danger",
    done: reload,
  };
  return [
    button("Retry", () => act(retry), { name: "again" }),
    button("Drop", () => act(drop), { name: "stop", kind: "danger-quiet" }),
  ];
}

function told(ids, failed, what) {
  return [
    ...ids.map((one) => `Dead letter ${one} ${what}.`),
    ...failed.map(({ id: one, why }) => `Not ${one}: ${why}.`),
  ];
}
