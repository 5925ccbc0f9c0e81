// Shipments that are still to be handed over: who is late, who will be.

import { h } from "../parts/dom.js";
import { pathOf, read } from "../parts/api.js";
import { chip, empty, id, when } from "../parts/pieces.js";
import { hashOf } from "../parts/route.js";
import { table } from "../parts/table.js";
import { words } from "../parts/text.js";

const SHOWN = [
  ["at-risk", "Late or at risk"],
  ["pending", "All pending"],
];

export const shipments = {
  title: () => "At risk",
  every: 60,
  load: ({ query }, signal) => read("shipments", { show: query.show || "at-risk", merchant: query.merchant }, signal),
  draw: ({ data, route, now, go }) => {
    const { show = "at-risk", merchant = "" } = route.query;
    return [
      h("div", { class: "tools" }, merchant ? only(merchant, go) : null, choice(show, go)),
      data ? (data.length ? list(data, now) : nothing(show)) : null,
    ];
  },
};

function list(rows, now) {
  const columns = [
    { id: "shipment", title: "Shipment", cell: (one) => id(one.shipment_id) },
    { id: "trouble", title: "Trouble", cell: (one) => trouble(one) },
    { id: "cutoff", title: "Cut-off", cell: (one) => when(one.cutoff_at ?? one.ship_by, now) || "none" },
    { id: "done", title: "Done by", cell: (one) => when(one.done_by, now) || "–" },
    {
      id: "status",
      title: "Status",
      cell: (one) => [words(one.status), " ", h("span", { class: "quiet" }, when(one.since, now))],
    },
    { id: "command", title: "Command", cell: (one) => one.command || h("span", { class: "quiet" }, "none asked") },
    { id: "merchant", title: "Merchant", cell: (one) => id(one.merchant_id) },
    { id: "location", title: "Location", cell: (one) => id(one.location_id) },
  ];
  return table({
    name: "shipments",
    label: "Shipments, the earliest cut-off first",
    columns,
    rows,
    keyOf: (one) => `${one.merchant_id}|${one.shipment_id}`,
    hrefOf: (one) => hashOf(pathOf("history", "shipment", one.shipment_id), { merchant: one.merchant_id }),
  });
}

function trouble({ late, nothing_calls_because: because }) {
  const chips = late.map((kind) => (kind === "AT_RISK" ? chip("warn", "At risk") : chip("bad", words(kind))));
  if (because) chips.push(chip("off", because));
  return chips.length ? chips : chip("good", "In time");
}

export function only(merchant, go) {
  const clear = () => go({ merchant: "" });
  return h(
    "button",
    { type: "button", class: "filter-chip", "aria-pressed": "true", onclick: clear },
    "Of ",
    id(merchant),
    h("span", { class: "count" }, "show all"),
  );
}

function choice(show, go) {
  const buttons = SHOWN.map(([name, title]) =>
    h(
      "button",
      {
        type: "button",
        class: "filter-chip",
        "aria-pressed": String(name === show),
        onclick: () => go({ show: name }),
      },
      title,
    ),
  );
  return h("div", { class: "filters", role: "group", "aria-label": "Show" }, buttons);
}

function nothing(show) {
  return show === "pending"
    ? empty("Nothing is pending", "Every shipment that is known here was handed over or cancelled.")
    : empty("Nothing is late or at risk", "At the pace that the limits allow, all that is pending makes its cut-off.");
}
