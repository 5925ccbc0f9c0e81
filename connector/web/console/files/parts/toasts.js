// Short words on what just happened, read out by a screen reader too.

import { h, icon } from "./dom.js";

const SHOWN_MS = 8_000;

export function say(text) {
  const close = () => toast.remove();
  const toast = h(
    "div",
    { class: "toast" },
    h("span", { class: "grow" }, text),
    h("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: close }, icon("close")),
  );
  document.getElementById("toasts").append(toast);
  setTimeout(close, SHOWN_MS);
}

/** Read out, and not shown. */
export function announce(text) {
  document.getElementById("announced").textContent = text;
}
