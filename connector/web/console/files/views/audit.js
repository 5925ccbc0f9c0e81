// Who changed what, when, and what came of it.

import { h } from "../parts/dom.js";
import { pathOf, read } from "../parts/api.js";
import { chip, empty, grid, id, MANY, some } from "../parts/pieces.js";
import { clock, relative, words } from "../parts/text.js";

const OUTCOMES = { DONE: "good", FAILED: "bad", BEGUN: "warn" };

export const audit = {
  title: () => "Audit",
  every: 60,
  load: (_, signal) => read("audit", {}, signal),
  draw: ({ data, now, ui, set }) => {
    if (!data) return null;
    if (!data.length)
      return empty(
        "Nothing was changed yet",
        "Each change through this console, the API or a command leaves a record here.",
      );
    const { first, more } = some(data, ui.shown ?? MANY, () => set({ shown: (ui.shown ?? MANY) + MANY }));
    const heads = [["When (UTC)"], ["Who"], ["What"], ["Merchant"], ["Subject"], ["Reason"], ["Outcome"], ["Where"]];
    const rows = first.map((one) => [
      h("time", { title: relative(one.at, now) }, clock(one.at)),
      id(one.by),
      h("bdi", null, one.action),
      one.merchant_id ? merchantLink(one.merchant_id) : "–",
      h("bdi", null, one.subject),
      h("bdi", null, one.reason),
      [
        chip(OUTCOMES[one.outcome] ?? "off", words(one.outcome)),
        one.message ? h("div", { class: "quiet" }, h("bdi", null, one.message)) : null,
      ],
      [one.worker, one.worker && one.address ? ", " : "", h("span", { class: "quiet" }, one.address)],
    ]);
    return [grid("Audit, the newest first", heads, rows), more];
  },
};

function merchantLink(of) {
  return h("a", { href: `#/${pathOf("merchants", of)}` }, id(of));
}
