// A table of any length, of which only what is seen stands in the page. Its rows are links, so that they can be
// reached, opened in a tab and copied; arrows and j, k go from row to row.

import { h, icon } from "./dom.js";

const SPARE_ROWS = 8; // above and below what is seen
const GUESSED_ROW_PX = 40;
const GUESSED_TOP_PX = 220;
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** `columns`: {id, title, cell, sort, kind}. The first cell is the row's link. `sort`: {by, descending, onSort}. */
export function table({ name, label, columns, rows, keyOf, hrefOf, sort = null }) {
  const id = `${name}-rows`;
  const { first, last, height } = seen(id, rows.length);
  const shown = rows.slice(first, last).map((row, index) => {
    const cells = columns.map((column, place) => cellOf(column, row, place === 0 ? hrefOf(row) : null));
    return h("div", { role: "row", class: "row", "data-key": keyOf(row), "aria-rowindex": first + index + 2 }, cells);
  });
  const gaps = { "padding-top": `${first * height}px`, "padding-bottom": `${(rows.length - last) * height}px` };
  return h(
    "div",
    { role: "table", class: `table t-${name}`, "aria-label": label, "aria-rowcount": rows.length + 1 },
    h(
      "div",
      { role: "rowgroup", class: "heads" },
      h(
        "div",
        { role: "row", class: "row head", "aria-rowindex": 1 },
        columns.map((column) => headOf(column, sort)),
      ),
    ),
    h("div", { role: "rowgroup", class: "rows", id, style: gaps, onkeydown: step }, shown),
  );
}

function seen(id, count) {
  const body = document.getElementById(id);
  const height = body?.firstElementChild?.getBoundingClientRect().height || GUESSED_ROW_PX;
  const top = body?.getBoundingClientRect().top ?? GUESSED_TOP_PX;
  const last = Math.min(count, Math.max(0, Math.ceil((innerHeight - top) / height) + SPARE_ROWS));
  const fits = Math.ceil(innerHeight / height) + 2 * SPARE_ROWS;
  return { first: Math.max(0, Math.min(Math.floor(-top / height) - SPARE_ROWS, last - fits)), last, height };
}

function cellOf({ id, title, cell, kind = "" }, row, href) {
  const content = cell(row);
  const inner = href ? h("a", { class: "rowlink", href }, content) : content;
  return h("div", { role: "cell", class: `cell c-${id} ${kind}`, "data-label": title }, inner);
}

function headOf({ id, title, kind = "", sort: by }, sort) {
  if (!by || !sort) return h("div", { role: "columnheader", class: `cell c-${id} ${kind}` }, title);
  const isBy = sort.by === id;
  const order = isBy ? (sort.descending ? "descending" : "ascending") : "none";
  const arrow = isBy ? icon(sort.descending ? "down" : "up") : null;
  return h(
    "div",
    { role: "columnheader", class: `cell c-${id} ${kind}`, "aria-sort": order },
    h("button", { type: "button", class: "sort", onclick: () => sort.onSort(id) }, title, arrow),
  );
}

function step(event) {
  const by = STEPS[event.key];
  const row = event.target.closest(".row");
  if (!by || !row || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  focusNext(row, by);
}

/** Keys may come faster than frames: a row that is not drawn yet is gone to when it is. */
function focusNext(row, by) {
  const next = by > 0 ? row.nextElementSibling : row.previousElementSibling;
  const end = by > 0 ? row.closest(".table").getAttribute("aria-rowcount") : "2";
  if (next) next.querySelector(".rowlink")?.focus();
  else if (row.getAttribute("aria-rowindex") !== end) {
    requestAnimationFrame(() => {
      const focused = document.activeElement?.closest(".rows .row");
      if (focused) focusNext(focused, by);
    });
  }
}

/** The first row that can be seen, for those who come by the keyboard. */
export function focusFirstRow() {
  const links = [...document.querySelectorAll(".rows .rowlink")];
  (links.find((link) => link.getBoundingClientRect().top > 80) ?? links[0])?.focus();
}

/** Rows by a column's `sort`, which gives a number or text; equal ones by their key. */
export function sorted(rows, columns, { by, descending }, keyOf) {
  const value = columns.find((column) => column.id === by)?.sort ?? keyOf;
  const compare = (one, other) => {
    const [left, right] = [value(one), value(other)];
    const order = left < right ? -1 : left > right ? 1 : 0;
    return (descending ? -order : order) || (keyOf(one) < keyOf(other) ? -1 : 1);
  };
  return [...rows].sort(compare);
}
