// One merchant: what its lanes do, what rests and why, and what can be done about it.

import { h } from "../parts/dom.js";
import { pathOf, read } from "../parts/api.js";
import { act } from "../parts/actions.js";
import { banner, bar, button, chip, empty, facts, grid, id, panel, prose } from "../parts/pieces.js";
import { hashOf } from "../parts/route.js";
import { clock, counted, number, relative, span, words } from "../parts/text.js";
import { pause, resend, restore, resume, zero } from "./merchant_actions.js";
import { alertList } from "./alerts.js";
import { stateOf } from "./merchants.js";

export const merchant = {
  title: ({ parts }) => parts[1],
  parent: ["Merchants", "#/merchants"],
  load: ({ parts }, signal) => read(pathOf("merchants", parts[1]), {}, signal),
  every: 10,
  watch: (live, { parts }) => live.merchants.get(parts[1]),
  draw: ({ data, now, reload }) => {
    if (!data) return null;
    const { kind, word, because } = stateOf(data);
    return [
      h(
        "div",
        { class: "subject" },
        chip(kind, word),
        because ? h("span", { class: "because" }, because) : null,
        h("div", { class: "actions" }, actions(data, reload)),
      ),
      standing(data, reload, now),
      facts([
        ["Mode", data.mode],
        ["Worker", data.worker ?? "nobody: the topics tell this"],
        ["Near their ship-by", counted(data.near_ship_by, "shipment")],
        ["Off sale", offSaleText(data)],
      ]),
      data.alerts.length
        ? panel("Alerts", { note: number(data.alerts.length), key: "alerts" }, alertList(data.alerts, { now, reload }))
        : null,
      late(data, now),
      panel("Lanes", { note: "calls to Amazon, at this merchant's limits", key: "lanes" }, lanes(data)),
      heldBack(data),
    ];
  },
};

function actions(data, done) {
  const of = data.merchant_id;
  return [
    data.paused
      ? button("Resume", () => act({ ...resume(of), done }), { name: "play" })
      : button("Pause", () => act({ ...pause(of), done }), { name: "pause" }),
    data.zeroed_stock.length ? button("Put on sale", () => act({ ...restore(of), done }), { name: "play" }) : null,
    button("Take off sale", () => act({ ...zero(of), done }), { name: "stop", kind: "danger-quiet" }),
    button("Send again", () => act({ ...resend(of), done }), { name: "again" }),
    h("a", { class: "button", href: hashOf("reconciles", { merchant: of }) }, "Reconcile"),
  ];
}

function standing(data, reload, now) {
  const told = [];
  if (data.suspended) {
    const remedy =
      data.suspended_remedy ||
      "Its work waits, and nothing is lost. `connector merchants check` names the cause; it resumes by itself.";
    told.push(banner("bad", `Amazon refuses this merchant: ${data.suspended_because}`, prose(remedy)));
  }
  if (data.paused) {
    const who = [data.paused_by ? `by ${data.paused_by}` : "", data.paused_at ? relative(data.paused_at, now) : ""]
      .filter(Boolean)
      .join(", ");
    told.push(
      banner(
        "warn",
        `Paused ${who}${data.paused_because ? `: ${data.paused_because}` : ""}`,
        "The stock that Amazon was told last stays on sale. Resume when the reason is gone.",
      ),
    );
  }
  for (const zero of data.zeroed_stock) {
    const what = `${zero.sku || "All SKUs"} at ${zero.location_id || "all locations"}`;
    told.push(
      banner(
        "warn",
        `Off sale: ${what}`,
        `Since ${clock(zero.at)} by ${zero.by}: ${zero.reason}. ${offSaleText(data)}.`,
      ),
    );
  }
  return told;
}

function offSaleText({ zeroed_skus: skus = {} }) {
  const total = Object.values(skus).reduce((sum, one) => sum + one, 0);
  if (!total) return "";
  const refused = skus.refused ? `, of ${number(skus.refused)} Amazon does not take it` : "";
  return `${number(skus.at_zero)} of ${counted(total, "SKU")} at 0${refused}`;
}

function late({ late, at_risk: risks, merchant_id: merchantId }, now) {
  if (!late.length && !risks.length) return null;
  const href = hashOf("shipments", { merchant: merchantId });
  const items = [
    ...late.map((one) =>
      item(chip("bad", words(one.kind)), [
        `${placed(one)}, the oldest since ${relative(one.since, now)}: `,
        h(
          "a",
          {
            href: hashOf(pathOf("history", "shipment", one.shipment_id), { merchant: merchantId }),
          },
          id(one.shipment_id),
        ),
      ]),
    ),
    ...risks.map((one) =>
      item(chip("warn", "At risk"), [
        `${placed(one)}; ${number(one.first_count)} miss the cut-off at ${clock(one.cutoff_at)}, `,
        `all are done by ${clock(one.done_at)}`,
      ]),
    ),
  ];
  return panel(
    "Late and at risk",
    { key: "late", actions: [h("a", { class: "button", href }, "Show shipments")] },
    h("ul", { class: "lines" }, items),
  );
}

function placed({ count, location_id: location }) {
  return `${counted(count, "shipment")} at ${location}`;
}

function item(label, text) {
  return h("li", null, label, h("span", null, text));
}

function lanes({ lanes }) {
  const names = Object.keys(lanes).sort();
  if (!names.length)
    return empty("No lane is open", "Lanes open with the first call; one that has nothing to do may not be there.");
  const heads = [["Operation"], ["Waiting", "number"], ["Oldest", "number"], ["Limit", "number"], ["Used"]];
  const rows = names.map((name) => {
    const lane = lanes[name];
    const limit = lane.limit_per_s === null ? "–" : `${Math.round(lane.limit_per_s * 100) / 100}/s`;
    return [words(name), number(lane.backlog), span(lane.oldest_waiting_s), limit, bar(lane.limit_used)];
  });
  return grid("Lanes", heads, rows);
}

function heldBack({ held_back: held }) {
  if (!held.length) return null;
  const heads = [["What"], ["Location"], ["How many", "number"], ["Nothing calls, because"]];
  const rows = held.map((one) => [words(one.what), id(one.location_id), number(one.count), one.why]);
  return panel("Held back", { note: "waits, and nothing calls for it", key: "held" }, grid("Held back", heads, rows));
}
