// Elements are made here alone. Whatever comes from data becomes text, never markup.

import { visible } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const HANDLERS = ["onclick", "onchange", "oninput", "onsubmit", "onkeydown", "onblur", "onfocus"];
const PROPERTIES = new Set(["value", "checked", "disabled", "selected"]);

/** An element. Of `props` null and false are left out; `style` is an object; `on…` are handlers. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [rule, to] of Object.entries(value)) element.style.setProperty(rule, to);
    else if (HANDLERS.includes(name)) element[name] = value;
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  element.append(...nodesOf(children));
  return element;
}

/** One of the symbols of index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function nodesOf(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(visible(child))));
}

/** Makes what is in `target` like `children`, and keeps what is there already: focus, scroll and selection stay. */
export function fill(target, ...children) {
  const wanted = nodesOf(children);
  const keys = new Set(wanted.map(keyOf).filter(Boolean));
  for (const child of [...target.childNodes]) {
    if (keyOf(child) && !keys.has(keyOf(child))) child.remove();
  }
  wanted.forEach((node, index) => {
    const here = target.childNodes[index];
    const key = keyOf(node);
    const known = key ? [...target.childNodes].slice(index).find((child) => keyOf(child) === key) : here;
    if (!known || (!key && keyOf(known))) target.insertBefore(node, here ?? null);
    else {
      if (known !== here) target.insertBefore(known, here);
      patch(known, node);
    }
  });
  while (target.childNodes.length > wanted.length) target.lastChild.remove();
}

function keyOf(node) {
  return node.dataset?.key ?? null;
}

function patch(known, node) {
  if (known.nodeType !== node.nodeType || known.nodeName !== node.nodeName) {
    known.replaceWith(node);
  } else if (known.nodeType === Node.TEXT_NODE) {
    if (known.data !== node.data) known.data = node.data;
  } else {
    patchElement(known, node);
    fill(known, ...node.childNodes);
  }
}

function patchElement(known, node) {
  for (const { name } of [...known.attributes]) {
    if (!node.hasAttribute(name) && !isTheirs(known, name)) known.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (name !== "style" && known.getAttribute(name) !== value && !isTheirs(known, name))
      known.setAttribute(name, value);
  }
  if (known.style.cssText !== node.style.cssText) known.style.cssText = node.style.cssText;
  for (const name of HANDLERS) known[name] = node[name] ?? null;
  for (const name of PROPERTIES) {
    const isTyped = name === "value" && known === document.activeElement;
    if (name in known && known[name] !== node[name] && !isTyped) known[name] = node[name];
  }
}

/** What a person opened stays open. */
function isTheirs(element, name) {
  return name === "style" || (name === "open" && element.nodeName === "DETAILS");
}
