// Amazon's figures against ours: begun here, followed here, and what differs.

import { h } from "../parts/dom.js";
import { pathOf, read } from "../parts/api.js";
import { act } from "../parts/actions.js";
import { banner, button, chip, empty, facts, grid, id, MANY, panel, prose, some, when } from "../parts/pieces.js";
import { clock, counted, ms, number, span, words } from "../parts/text.js";

const STATES = { RUNNING: ["info", "Running"], DONE: ["good", "Done"], FAILED: ["bad", "Failed"] };
const SUBJECTS = [
  ["stock", "Stock"],
  ["orders", "Orders"],
  ["returns", "Returns"],
];

export const reconciles = {
  title: () => "Reconcile",
  every: 3,
  load: (_, signal) => read("reconciles", {}, signal),
  draw: ({ data, route, now, reload }) => {
    if (!data) return null;
    const begin = button("New reconcile", () => act(beginning(route.query.merchant ?? "", reload)), {
      kind: "primary",
      name: "plus",
    });
    return [
      h(
        "div",
        { class: "tools" },
        h(
          "p",
          { class: "note grow" },
          "Is Amazon's stock what we think, and do we know all its orders? At a share of the merchant's limits.",
        ),
        begin,
      ),
      data.reconciles.length
        ? list(data.reconciles, now)
        : empty("No reconcile was run", "Begin one after an outage, when figures differ, and before a peak."),
    ];
  },
};

function beginning(merchant, reload) {
  return {
    title: "New reconcile",
    text: "Reads Amazon's figures beside the lanes, and compares. Only with Mend is anything changed.",
    path: "reconciles",
    fields: [
      { name: "merchant_id", label: "Merchant", required: true, value: merchant },
      { name: "subject", label: "What", kind: "choice", options: SUBJECTS, value: "stock", required: true },
      { name: "location_id", label: "Location", hint: "By Amazon's name; all where left out." },
      {
        name: "repair",
        label: "Mend what differs",
        hint: "Sends again or reads again, by the ways that there are.",
        kind: "check",
      },
      {
        name: "rate",
        label: "Calls a second",
        hint: "A quarter of the merchant's limit where left out: the rest is the lanes'.",
        kind: "number",
      },
      { name: "since", label: "Since", hint: "Of orders that are over, as -2d; a week ago where left out." },
      { name: "reason", label: "Reason" },
    ],
    confirm: "Begin",
    hasPreview: false,
    tell: () => ["The reconcile is begun."],
    done: (result) =>
      result.reconcile_id ? (location.hash = `#/${pathOf("reconciles", result.reconcile_id)}`) : reload(),
  };
}

function list(runs, now) {
  const heads = [["Run"], ["State"], ["Merchant"], ["What"], ["Begun"], ["Took"], ["By"], ["Worker"]];
  const rows = runs.map((run) => [
    h("a", { href: `#/${pathOf("reconciles", run.reconcile_id)}` }, id(run.reconcile_id.slice(0, 12))),
    state(run),
    id(run.merchant_id),
    [words(run.subject), run.repair ? ", mends" : ""],
    when(run.started_at, now),
    run.ended_at ? span((ms(run.ended_at) - ms(run.started_at)) / 1000) : "–",
    h("bdi", null, run.by),
    run.worker,
  ]);
  return grid("Reconcile runs", heads, rows);
}

function state(run) {
  const [kind, word] = STATES[run.state] ?? ["off", run.state];
  const stands = run.report ? run.report.standing + run.report.unanswered.length : 0;
  return stands ? chip("warn", "Differs") : chip(kind, word);
}

export const reconcile = {
  title: ({ parts }) => `Reconcile ${parts[1].slice(0, 12)}`,
  parent: ["Reconcile", "#/reconciles"],
  every: 2,
  isDone: (data) => data.state !== "RUNNING",
  load: ({ parts }, signal) => read(pathOf("reconciles", parts[1]), {}, signal),
  draw: ({ data, now, ui, set }) => {
    if (!data) return null;
    return [
      h(
        "div",
        { class: "subject" },
        state(data),
        h("a", { href: `#/${pathOf("merchants", data.merchant_id)}` }, id(data.merchant_id)),
        words(data.subject),
      ),
      data.state === "FAILED" ? banner("bad", "It failed", prose(data.message)) : null,
      data.remarks.map((remark) => h("p", { class: "note" }, prose(remark))),
      facts([
        ["Begun", [clock(data.started_at), ", ", when(data.started_at, now), data.by ? ` by ${data.by}` : ""]],
        ["Ended", data.ended_at ? clock(data.ended_at) : "it still runs"],
        ["Compared", data.report ? number(data.report.checked) : ""],
        ["Stand", data.report ? number(data.report.standing) : ""],
        ["Location", data.location_id ? id(data.location_id) : "all"],
        ["Pace", data.rate ? `${data.rate} calls a second` : "a quarter of the limit"],
        ["Since", data.since],
        ["Reason", data.reason],
        ["Mends", data.repair ? "yes" : "no"],
        ["Worker", data.worker],
      ]),
      data.report
        ? report(data.report, ui, set)
        : data.state === "RUNNING"
          ? h("p", { class: "note", role: "status" }, "Amazon is being asked; this page follows by itself.")
          : null,
    ];
  },
};

function report({ drifts, not_judged: unjudged, unanswered }, ui, set) {
  const { first, more } = some(drifts, ui.shown ?? MANY, () => set({ shown: (ui.shown ?? MANY) + MANY }));
  const heads = [["What"], ["Drift"], ["Here"], ["At Amazon"], ["Do"]];
  const rows = first.map((drift) => [
    [id(drift.id), drift.location ? h("div", { class: "quiet" }, "at ", id(drift.location)) : null],
    [chip(drift.mended ? "good" : "warn", words(drift.kind)), h("div", { class: "quiet" }, drift.meaning)],
    shown(drift.here),
    shown(drift.there),
    drift.mended ? "It is mended." : prose(drift.remedy),
  ]);
  return [
    panel(
      "Drifts",
      { note: counted(drifts.length, "drift") },
      drifts.length
        ? grid("Drifts", heads, rows)
        : empty("Nothing differs", "What was compared is at Amazon as it is here."),
      more,
    ),
    unjudged.length
      ? panel("Not judged", { note: "on the move while it was compared" }, short(unjudged, "because"))
      : null,
    unanswered.length
      ? panel("Not answered", { note: "Amazon gave none: run it again" }, short(unanswered, "answer"))
      : null,
  ];
}

function shown(side) {
  const told = Object.entries(side).filter(([, value]) => value !== null && value !== "");
  return told.length
    ? h(
        "ul",
        { class: "plain-list" },
        told.map(([name, value]) => h("li", null, `${words(name)}: `, id(value))),
      )
    : "nothing";
}

function short(items, name) {
  return grid(
    "Details",
    [["Id"], ["Why"]],
    items.slice(0, MANY).map((one) => [id(one.id), one[name]]),
  );
}
