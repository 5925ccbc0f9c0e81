// All merchants: who needs a look first.

import { h } from "../parts/dom.js";
import { pathOf } from "../parts/api.js";
import { bar, chip, empty, id } from "../parts/pieces.js";
import { sorted, table } from "../parts/table.js";
import { number, span } from "../parts/text.js";

const LONG_S = 15 * 60;

const FILTERS = [
  ["all", "All", () => true],
  ["look", "Needs a look", (merchant) => worth(merchant) > 0],
  ["suspended", "Suspended", (merchant) => merchant.suspended],
  ["paused", "Paused", (merchant) => merchant.paused],
  ["off-sale", "Off sale", (merchant) => merchant.zeroed_skus > 0],
  ["late", "Late or at risk", (merchant) => merchant.late + merchant.at_risk > 0],
  ["waiting", "Waits over 15 min", (merchant) => (merchant.oldest_waiting_s ?? 0) > LONG_S],
];

/** What a person should see first has more of it. */
function worth(merchant) {
  return (
    (merchant.suspended ? 1e9 : 0) +
    merchant.late * 1e5 +
    merchant.alerts * 1e4 +
    merchant.at_risk * 1e3 +
    (merchant.zeroed_skus > 0 ? 500 : 0) +
    (merchant.paused ? 400 : 0) +
    ((merchant.oldest_waiting_s ?? 0) > LONG_S ? 300 : 0)
  );
}

/** The state in words and shape; `because` beside it. */
export function stateOf(merchant) {
  if (merchant.suspended) return { kind: "bad", word: "Suspended", because: merchant.suspended_because };
  if (merchant.paused)
    return { kind: "paused", word: "Paused", because: said(merchant.paused_by, merchant.paused_because) };
  if (merchant.mode === "observe") return { kind: "info", word: "Observed", because: "nothing is sent" };
  if (merchant.mode === "active") return { kind: "good", word: "Running", because: "" };
  return { kind: "off", word: "Unknown", because: merchant.mode };
}

function said(by, reason) {
  return [by ? `by ${by}` : "", reason].filter(Boolean).join(": ");
}

const COLUMNS = [
  { id: "merchant", title: "Merchant", cell: (m) => id(m.merchant_id), sort: (m) => m.merchant_id },
  {
    id: "state",
    title: "State",
    cell: stateCell,
    sort: (m) => (m.suspended ? 3 : m.paused ? 2 : m.mode === "active" ? 0 : 1),
  },
  { id: "backlog", title: "Waiting", kind: "number", cell: (m) => number(m.backlog), sort: (m) => m.backlog },
  { id: "oldest", title: "Oldest", kind: "number", cell: oldestCell, sort: (m) => m.oldest_waiting_s ?? -1 },
  { id: "used", title: "Limit used", cell: (m) => bar(m.limit_used), sort: (m) => m.limit_used ?? -1 },
  { id: "late", title: "Late", kind: "number", cell: (m) => count(m.late, "warn"), sort: (m) => m.late },
  { id: "risk", title: "At risk", kind: "number", cell: (m) => count(m.at_risk, "warn"), sort: (m) => m.at_risk },
  { id: "alerts", title: "Alerts", kind: "number", cell: (m) => count(m.alerts, "bad"), sort: (m) => m.alerts },
];
/** `silent`: workers that do not answer, so that what is shown of their merchants is what they told last. */
function workerColumn(silent) {
  const cell = (m) => [id(m.worker), silent.has(m.worker) ? [" ", chip("warn", "Silent")] : null];
  return { id: "worker", title: "Worker", cell, sort: (m) => m.worker };
}

const LOOK = { id: "look", title: "Needs a look", sort: worth };

export const merchants = {
  title: () => "Merchants",
  draw: ({ live, route, go, needsData }) => {
    if (needsData(live.merchants.size || live.fleet)) return null;
    const { q = "", show = "all", sort = "look", up = "" } = route.query;
    const order = {
      by: sort,
      descending: !up,
      onSort: (by) => go({ sort: by, up: by === sort && !up ? "1" : "" }),
    };
    const silent = new Set((live.fleet?.workers ?? []).filter((one) => !one.answers).map((one) => one.worker));
    const columns = [...COLUMNS, workerColumn(silent)];
    const { rows, counts } = chosen(live.merchants, { q, show, order }, [...columns, LOOK]);
    return [
      h("div", { class: "tools" }, filterBox(q, go), sortBox(sort, go), filters(counts, show, go)),
      rows.length
        ? table({
            name: "merchants",
            label: "Merchants",
            columns,
            rows,
            keyOf: (one) => one.merchant_id,
            hrefOf: (one) => `#/${pathOf("merchants", one.merchant_id)}`,
            sort: order,
          })
        : nobody(live.merchants.size),
    ];
  },
};

let last = { of: null };

/** Sorted once, however often they are drawn: a frame of scrolling has no time to sort 10,000. */
function chosen(of, { q, show, order }, columns) {
  const key = JSON.stringify([q, show, order.by, order.descending]);
  if (last.of !== of || last.key !== key) {
    const lower = q.toLowerCase();
    const named = [...of.values()].filter((one) => one.merchant_id.toLowerCase().includes(lower));
    const isShown = FILTERS.find(([name]) => name === show)?.[2] ?? (() => true);
    const rows = sorted(named.filter(isShown), columns, order, (one) => one.merchant_id);
    const counts = new Map(FILTERS.map(([name, , takes]) => [name, named.filter(takes).length]));
    last = { of, key, rows, counts };
  }
  return last;
}

function filterBox(q, go) {
  const oninput = (event) => go({ q: event.target.value });
  return h("input", {
    type: "search",
    class: "filter",
    placeholder: "Filter by id",
    "aria-label": "Filter merchants by id",
    value: q,
    oninput,
    spellcheck: "false",
  });
}

/** Where the table's heads are not shown. */
function sortBox(sort, go) {
  const options = [LOOK, ...COLUMNS].map(({ id: by, title }) =>
    h("option", { value: by, selected: by === sort }, title),
  );
  const onchange = (event) => go({ sort: event.target.value, up: event.target.value === "merchant" ? "1" : "" });
  return h("select", { class: "sort-box", "aria-label": "Sort by", onchange }, options);
}

function filters(counts, show, go) {
  const buttons = FILTERS.map(([name, title]) => {
    const pressed = String(name === show);
    return h(
      "button",
      { type: "button", class: "filter-chip", "aria-pressed": pressed, onclick: () => go({ show: name }) },
      title,
      h("span", { class: "count" }, number(counts.get(name))),
    );
  });
  return h("div", { class: "filters", role: "group", "aria-label": "Show" }, buttons);
}

function stateCell(merchant) {
  const { kind, word, because } = stateOf(merchant);
  const offSale = merchant.zeroed_skus > 0 ? chip("warn", `Off sale: ${number(merchant.zeroed_skus)}`) : null;
  return [chip(kind, word), offSale, because ? h("span", { class: "quiet because", title: because }, because) : null];
}

function oldestCell(merchant) {
  const seconds = merchant.oldest_waiting_s;
  return h("span", { class: (seconds ?? 0) > LONG_S ? "warn-text" : "" }, span(seconds));
}

function count(value, kind) {
  return value ? h("span", { class: `tally ${kind}` }, number(value)) : h("span", { class: "quiet" }, "0");
}

function nobody(total) {
  return total
    ? empty("No merchant is like that", "Choose All, or clear the filter.")
    : empty("No merchant yet", "Add one to the merchants file: it is read again by itself.");
}
