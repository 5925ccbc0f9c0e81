// What a person should look at, with the remedy.

import { h } from "../parts/dom.js";
import { pathOf } from "../parts/api.js";
import { act } from "../parts/actions.js";
import { button, empty, id, MANY, prose, severity, some, when } from "../parts/pieces.js";
import { hashOf } from "../parts/route.js";
import { number, words } from "../parts/text.js";

const ORDER = ["CRITICAL", "WARNING", "INFO"];
const HISTORY_OF = {
  SKU_PARKED: "sku",
  SKU_CONTESTED: "sku",
  SHIPMENT_PARKED: "shipment",
  LABEL_NOT_HAD: "shipment",
  RETURN_PARKED: "return",
};

const RETRIED = new Set(["SKU_PARKED", "SKU_CONTESTED", "SHIPMENT_PARKED", "RETURN_PARKED", "LIST_PARKED"]);

export const alerts = {
  title: () => "Alerts",
  draw: ({ live, route, now, go, ui, set, needsData }) => {
    if (needsData(live.alerts)) return null;
    const { show = "" } = route.query;
    const all = [...live.alerts].sort((one, other) => rank(one) - rank(other) || (one.since < other.since ? 1 : -1));
    const chosen = all.filter((alert) => !show || alert.severity === show);
    if (!all.length) return empty("No alert stands", "What needs a person shows here by itself, with what to do.");
    const { first, more } = some(chosen, ui.shown ?? MANY, () => set({ shown: (ui.shown ?? MANY) + MANY }));
    return [h("div", { class: "tools" }, filters(all, show, go)), alertList(first, { now, isOfMany: true }), more];
  },
};

function rank(alert) {
  return ORDER.indexOf(alert.severity);
}

function filters(all, show, go) {
  const chips = ["", ...ORDER].map((name) => {
    const count = all.filter((alert) => !name || alert.severity === name).length;
    const pressed = String(name === show);
    return h(
      "button",
      { type: "button", class: "filter-chip", "aria-pressed": pressed, onclick: () => go({ show: name }) },
      name ? words(name) : "All",
      h("span", { class: "count" }, number(count)),
    );
  });
  return h("div", { class: "filters", role: "group", "aria-label": "Show" }, chips);
}

/** `isOfMany`: of several merchants, so each is named. */
export function alertList(all, { now, isOfMany = false, reload = () => {} }) {
  return h(
    "ul",
    { class: "cards" },
    all.map((alert) => card(alert, { now, isOfMany, reload })),
  );
}

function card(alert, { now, isOfMany, reload }) {
  const kind = HISTORY_OF[alert.kind];
  const of = alert.merchant_id;
  const past = kind
    ? h(
        "a",
        {
          class: "button",
          href: hashOf(pathOf("history", kind, alert.subject), { merchant: of }),
        },
        "History",
      )
    : null;
  const letters =
    alert.kind === "DEAD_LETTERS" ? h("a", { class: "button", href: "#/dead-letters" }, "Dead letters") : null;
  const retry = RETRIED.has(alert.kind)
    ? button("Try again", () => act(retryOf(alert, reload)), { name: "again" })
    : null;
  return h(
    "li",
    { class: `card ${alert.severity.toLowerCase()}`, "data-key": alert.alert_id },
    h(
      "div",
      { class: "line" },
      severity(alert.severity),
      h("strong", null, words(alert.kind)),
      alert.subject === of ? null : id(alert.subject),
      isOfMany && of ? h("a", { class: "of", href: `#/${pathOf("merchants", of)}` }, id(of)) : null,
      h("span", { class: "quiet" }, "since ", when(alert.since, now)),
    ),
    h("p", null, h("bdi", null, alert.message)),
    alert.remedy ? h("p", { class: "remedy" }, h("b", null, "Do: "), prose(alert.remedy)) : null,
    past || letters || retry ? h("div", { class: "actions" }, past, letters, retry) : null,
  );
}

function retryOf(alert, reload) {
  return {
    title: `Try again: ${alert.subject}`,
    text: "At once, instead of at its slow beat. The alert ends when it goes well. Correct the cause first.",
    path: `${pathOf("alerts", alert.alert_id)}/retry`,
    fields: [{ name: "reason", label: "Reason" }],
    confirm: "Try again",
    tell: ({ retried }, isDry) =>
      retried.length ? [`${alert.subject} ${isDry ? "would be" : "is"} tried again.`] : [],
    done: reload,
  };
}
