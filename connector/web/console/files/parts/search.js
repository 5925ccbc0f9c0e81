// The search box: merchants by name, and the history of any shipment, SKU, command or return.

import { pathOf } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { id } from "./pieces.js";

const MOST_MERCHANTS = 6;
const KINDS = ["shipment", "sku", "command", "return"];

export class Search {
  #input = document.getElementById("search");
  #list = document.getElementById("found");
  #live;
  #found = [];
  #active = 0;

  constructor(live) {
    this.#live = live;
    this.#input.oninput = () => this.#look();
    this.#input.onfocus = () => this.#look();
    this.#input.onblur = () => this.#close();
    this.#input.onkeydown = (event) => this.#key(event);
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  #look() {
    const text = this.#input.value.trim();
    const lower = text.toLowerCase();
    const merchants = text ? [...this.#live.merchants.keys()].filter((one) => one.toLowerCase().includes(lower)) : [];
    this.#found = [
      ...merchants
        .slice(0, MOST_MERCHANTS)
        .map((one) => ({ what: "Merchant", name: one, href: `#/${pathOf("merchants", one)}` })),
      ...(text ? KINDS : []).map((kind) => ({
        what: `History of ${kind === "sku" ? "SKU" : kind}`,
        name: text,
        href: `#/${pathOf("history", kind, text)}`,
      })),
    ];
    this.#active = 0;
    this.#draw();
  }

  #draw() {
    const options = this.#found.map(({ what, name, href }, index) =>
      h(
        "li",
        {
          role: "option",
          id: `found-${index}`,
          "aria-selected": String(index === this.#active),
          onclick: () => this.#go(href),
        },
        h("span", { class: "what" }, what),
        id(name),
        icon("right"),
      ),
    );
    fill(this.#list, options);
    this.#list.hidden = !options.length;
    this.#list.onmousedown = (event) => event.preventDefault(); // or the blur would close it before the click
    this.#input.setAttribute("aria-expanded", String(options.length > 0));
    if (options.length) this.#input.setAttribute("aria-activedescendant", `found-${this.#active}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#active = (this.#active + step + this.#found.length) % this.#found.length;
      this.#draw();
    } else if (event.key === "Enter" && this.#found.length) {
      this.#go(this.#found[this.#active].href);
    } else if (event.key === "Escape") {
      this.#input.value = "";
      this.#input.blur();
    }
  }

  #go(href) {
    location.hash = href;
    this.#input.blur();
  }

  #close() {
    this.#found = [];
    this.#draw();
  }
}
