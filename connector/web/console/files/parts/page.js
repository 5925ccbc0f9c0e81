// One view at one place: reads what it needs, again and again, and draws itself.

import { unlock } from "./actions.js";
import { fill, h } from "./dom.js";
import { banner, button, problem } from "./pieces.js";
import { clock, relative } from "./text.js";

/** `view`: {title, draw} and perhaps {load, every, watch, isDone, parent}. */
export class Page {
  ui = {};
  #data = null;
  #error = null;
  #readAt = 0;
  #isReading = false;
  #isWaiting = false;
  #watched;
  #end = new AbortController();
  #timer = 0;

  constructor({ view, route, live, redraw, go }) {
    Object.assign(this, { view, route, live, redraw, go });
    this.#watched = view.watch?.(live, route);
    this.reload();
  }

  close() {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  /** The same view, of another query. */
  move(route) {
    const isSame = JSON.stringify(route.query) === JSON.stringify(this.route.query);
    this.route = route;
    this.ui = {};
    if (!isSame && this.view.load) this.reload();
    this.redraw();
  }

  /** Live figures changed. */
  heard() {
    const now = this.view.watch?.(this.live, this.route);
    if (now !== this.#watched) this.reload();
    this.#watched = now;
  }

  reload = async () => {
    const { load, every, isDone } = this.view;
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#end = new AbortController();
    const { signal } = this.#end;
    const asked = load?.(this.route, signal);
    if (!asked) return;
    this.#isReading = true;
    try {
      this.#data = await asked;
      this.#error = null;
      this.#readAt = Date.now();
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
    }
    if (signal.aborted) return;
    this.#isReading = false;
    const isOver = this.#error === null && isDone?.(this.#data);
    if (every && !isOver)
      this.#timer = setTimeout(() => (document.hidden ? this.#later() : this.reload()), every * 1000);
    this.redraw();
  };

  #later() {
    document.addEventListener("visibilitychange", () => this.reload(), { once: true, signal: this.#end.signal });
  }

  draw(now) {
    const { view, route, live, ui, reload, go } = this;
    this.#isWaiting = Boolean(this.#isReading && !this.#data);
    const set = (change) => (Object.assign(this.ui, change), this.redraw());
    const needsData = (there) => (there ? false : (this.#isWaiting = true));
    const content = view.draw({ data: this.#data, live, route, now, ui, set, reload, go, needsData });
    fill(document.getElementById("head"), this.#head(now));
    fill(
      document.getElementById("content"),
      this.#trouble(),
      content,
      this.#isWaiting || (!content && !this.#error) ? skeleton() : null,
    );
    document.getElementById("content").setAttribute("aria-busy", String(this.#isWaiting));
  }

  title() {
    return this.view.title(this.route);
  }

  #head(now) {
    const { parent } = this.view;
    const isBelow = parent && this.route.parts.length > 1;
    return [
      h(
        "div",
        { class: "grow" },
        isBelow ? h("a", { class: "parent", href: parent[1] }, parent[0]) : null,
        h("h1", { id: "title", tabindex: "-1" }, h("bdi", null, this.title())),
      ),
      this.#readAt
        ? h(
            "span",
            { class: "read" },
            h("span", { title: `${clock(this.#readAt)} UTC` }, `read ${relative(this.#readAt, now)}`),
            button("", this.reload, { kind: "plain", name: "again", label: "Read again" }),
          )
        : null,
    ];
  }

  #trouble() {
    if (!this.#error) return null;
    if (!this.#data)
      return problem(
        this.#error,
        this.reload,
        this.#error.status === 401 ? button("Unlock", () => unlock(this.reload)) : null,
      );
    return banner(
      "warn",
      "It can't be read again",
      `${this.#error.message}. These figures are of ${clock(this.#readAt)} UTC.`,
      button("Try again", this.reload, { name: "again" }),
    );
  }
}

function skeleton() {
  return h(
    "div",
    { class: "skeleton", role: "status" },
    h("span", { class: "hidden" }, "It is being read"),
    Array.from({ length: 5 }, () => h("i", null)),
  );
}
