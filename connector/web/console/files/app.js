// Begins here: which view is shown, what is heard, and the keys that work everywhere.

import { isActing, unlock } from "./parts/actions.js";
import { operator } from "./parts/api.js";
import { fill, h, icon } from "./parts/dom.js";
import { closeHelp, keysAreOn, openHelp } from "./parts/help.js";
import { Live } from "./parts/live.js";
import { Page } from "./parts/page.js";
import { banner, chip } from "./parts/pieces.js";
import { hashOf, routeOf } from "./parts/route.js";
import { Search } from "./parts/search.js";
import { focusFirstRow } from "./parts/table.js";
import { clock, counted, number, relative, words } from "./parts/text.js";
import { announce } from "./parts/toasts.js";
import { alerts } from "./views/alerts.js";
import { audit } from "./views/audit.js";
import { deadLetter, deadLetters } from "./views/dead_letters.js";
import { fleet } from "./views/fleet.js";
import { history } from "./views/history.js";
import { merchant } from "./views/merchant.js";
import { merchants } from "./views/merchants.js";
import { reconcile, reconciles } from "./views/reconciles.js";
import { shipments } from "./views/shipments.js";

/** First part of the path: the view of all, and of one. */
const VIEWS = {
  fleet: [fleet, fleet],
  merchants: [merchants, merchant],
  shipments: [shipments, shipments],
  alerts: [alerts, alerts],
  "dead-letters": [deadLetters, deadLetter],
  reconciles: [reconciles, reconcile],
  history: [history, history],
  audit: [audit, audit],
};
const GO = {
  f: "fleet",
  m: "merchants",
  s: "shipments",
  a: "alerts",
  d: "dead-letters",
  r: "reconciles",
  h: "history",
  u: "audit",
};
const TICK_MS = 1_000;
const STATES = { begin: ["off", "Connecting"], live: ["good", "Live"], old: ["warn", "Silent"], lost: ["bad", "Lost"] };

const scrolled = new Map();
let page = null;
let isDue = false;
let isBack = false;
let isAfterG = false;
let wasLive = "begin";
let knownAlerts = null;

const live = new Live(() => {
  page?.heard();
  tellNewAlerts();
  redraw();
});
const search = new Search(live);

function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

function draw() {
  const now = Date.now();
  page.draw(now);
  drawConnection(now);
  drawNavigation();
  document.title = `${page.title()} · Connector`;
}

function drawConnection(now) {
  const state = live.state(now);
  const [kind, word] = STATES[state];
  fill(document.getElementById("live"), chip(kind, word));
  const isTrouble = state === "lost" || state === "old";
  const of = live.heardAt ? `These figures are of ${clock(live.heardAt)} UTC, ${relative(live.heardAt, now)}. ` : "";
  const title = state === "lost" ? "The connection to the worker is lost" : "The worker has gone silent";
  fill(
    document.getElementById("trouble"),
    isTrouble ? banner("bad", title, `${of}It is tried again by itself; any other worker has the same console.`) : null,
  );
  document.body.classList.toggle("is-old", isTrouble);
  if (isTrouble !== (wasLive === "lost" || wasLive === "old")) announce(isTrouble ? title : "The connection is back");
  wasLive = state;
  drawOperator();
}

function drawOperator() {
  const isUnlocked = operator.token !== "";
  const name = isUnlocked ? operator.name : "Read only";
  const toggle = () => (isUnlocked ? (operator.forget(), redraw()) : unlock(redraw));
  const label = `${name}: ${isUnlocked ? "forget the token" : "unlock changes"}`;
  const props = { type: "button", class: "plain", "aria-label": label, title: label, onclick: toggle };
  fill(
    document.getElementById("operator"),
    h("button", props, icon(isUnlocked ? "unlocked" : "locked"), h("span", null, name)),
  );
}

function drawNavigation() {
  const first = page.route.parts[0];
  const isCritical = (live.alerts ?? []).some((alert) => alert.severity === "CRITICAL");
  const sum = (name) => [...live.merchants.values()].reduce((total, one) => total + (one[name] ?? 0), 0);
  const counts = {
    merchants: live.merchants.size,
    alerts: live.alerts?.length ?? 0,
    shipments: sum("late") + sum("at_risk"),
  };
  for (const link of document.querySelectorAll("nav a[data-view]")) {
    const { view } = link.dataset;
    if (view === first) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    const count = link.querySelector(".count");
    if (count) count.textContent = counts[view] ? number(counts[view]) : "";
    link.classList.toggle("critical", view === "alerts" && isCritical);
  }
  document
    .getElementById("more-button")
    .classList.toggle("here", ["dead-letters", "reconciles", "history", "audit"].includes(first));
}

function tellNewAlerts() {
  if (!live.alerts) return;
  const news = knownAlerts ? live.alerts.filter((alert) => !knownAlerts.has(alert.alert_id)) : [];
  knownAlerts = new Set(live.alerts.map((alert) => alert.alert_id));
  if (news.length === 1) announce(`New alert: ${words(news[0].kind)} ${news[0].subject}`);
  if (news.length > 1) announce(`${counted(news.length, "new alert")}`);
}

function navigate() {
  const route = routeOf(location.hash);
  const [all, one] = VIEWS[route.parts[0]] ?? VIEWS.fleet;
  const view = route.parts.length > 1 ? one : all;
  if (page?.view === view && page.route.path === route.path) return page.move(route);
  const before = page?.route;
  if (before) scrolled.set(before.path, scrollY);
  page?.close();
  document.getElementById("content").replaceChildren();
  document.getElementById("more").hidePopover();
  page = new Page({ view, route, live, redraw, go });
  draw();
  scrollTo(0, isBack ? (scrolled.get(route.path) ?? 0) : 0);
  draw(); // the rows that are seen there
  if (before) focusAfter(before);
  isBack = false;
}

/** On the way back to where one was, else on the new title: so a screen reader tells where one is. */
function focusAfter(before) {
  const isIt = (link) => routeOf(link.getAttribute("href")).path === before.path;
  const from = isBack ? [...document.querySelectorAll("#content a")].find(isIt) : null;
  (from ?? document.getElementById("title")).focus({ preventScroll: true });
}

/** Another query of the same view, which is no step to come back to. */
function go(change) {
  const hash = hashOf(page.route.path || "fleet", { ...page.route.query, ...change });
  window.history.replaceState(null, "", hash);
  page.move(routeOf(hash));
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isActing() || !keysAreOn()) return;
  if (event.target.closest("input, select, textarea")) return;
  if (isAfterG && GO[event.key]) location.hash = `#/${GO[event.key]}`;
  else if (event.key === "/") search.focus();
  else if (event.key === "?") openHelp();
  else if (event.key === "r") page.reload();
  else if (event.key === "j" || event.key === "k") focusFirstRow();
  else {
    isAfterG = event.key === "g";
    return;
  }
  isAfterG = false;
  event.preventDefault();
}

window.history.scrollRestoration = "manual";
window.navigation?.addEventListener("navigate", (event) => (isBack = event.navigationType === "traverse"));
addEventListener("hashchange", navigate);
addEventListener("keydown", key);
addEventListener("scroll", redraw, { passive: true });
addEventListener("resize", redraw);
document.getElementById("skip").onclick = (event) => (event.preventDefault(), document.getElementById("title").focus());
document.getElementById("help-button").onclick = openHelp;
document.getElementById("help-close").onclick = closeHelp;
setInterval(redraw, TICK_MS);
navigate();
