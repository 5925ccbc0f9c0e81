// What an operator can do to a merchant: what is asked, and how what comes of it is told.

import { pathOf } from "../parts/api.js";
import { counted, number, span } from "../parts/text.js";

const REASON = { name: "reason", label: "Reason", hint: "Shown to everybody, and kept in the audit.", required: true };
const PERHAPS = { ...REASON, required: false };
const PLACE = [
  { name: "location_id", label: "Location", hint: "By Amazon's name; all where left out." },
  { name: "sku", label: "SKU", hint: "By Amazon's name; all where left out." },
];

export function pause(of) {
  return {
    title: `Pause ${of}`,
    text:
      "Nothing more is changed at Amazon; what the OMS writes waits, orders and returns are read on. The stock " +
      "that Amazon was told last stays on sale.",
    path: `${pathOf("merchants", of)}/pause`,
    fields: [REASON],
    confirm: "Pause",
    tell: (result, isDry) =>
      result.changed ? [isDry ? `${of} would be paused.` : `${of} is paused, within seconds on all workers.`] : [],
  };
}

export function resume(of) {
  return {
    title: `Resume ${of}`,
    text: "What waited goes on, at the merchant's limits.",
    path: `${pathOf("merchants", of)}/resume`,
    fields: [PERHAPS],
    confirm: "Resume",
    tell: (result, isDry) =>
      result.changed ? [isDry ? `${of} would go on.` : `${of} goes on, within seconds on all workers.`] : [],
  };
}

export function zero(of) {
  return {
    title: `Take off sale: ${of}`,
    text: "Stock goes to 0 at Amazon, before all other work, until it is restored. The OMS's updates are kept.",
    path: `${pathOf("merchants", of)}/inventory/zero`,
    fields: [...PLACE, REASON],
    confirm: "Take off sale",
    kind: "danger",
    tell: (result, isDry) => {
      const skus = counted(result.skus, "SKU");
      const place = `${result.sku || "all that the ledger has"}, at ${result.location || "all locations"}`;
      return result.changed
        ? [`${skus} (${place}) ${isDry ? "would go" : "go"} to 0 at Amazon, in ${span(result.seconds)} at the limit.`]
        : [];
    },
  };
}

export function restore(of) {
  return {
    title: `Put on sale again: ${of}`,
    text:
      "What the OMS's newest updates say, or the quantity before where none came. Without location and SKU, all " +
      "of the merchant's.",
    path: `${pathOf("merchants", of)}/inventory/restore`,
    fields: [...PLACE, PERHAPS],
    confirm: "Put on sale",
    tell: (result, isDry) =>
      result.restored.map(
        ({ sku, location_id: location }) =>
          `${sku || "All SKUs"} at ${location || "all locations"} ${isDry ? "would be" : "is"} on sale again, ` +
          "within seconds on all workers.",
      ),
  };
}

export function resend(of) {
  return {
    title: `Send stock again: ${of}`,
    text: "The newest quantities, each under the number that carried it, after fresh updates; Amazon's answer decides.",
    path: `${pathOf("merchants", of)}/inventory/resend`,
    fields: [...PLACE, PERHAPS],
    confirm: "Send again",
    tell: ({ skus, begun = skus }, isDry) =>
      skus
        ? [
            isDry
              ? `${counted(skus, "SKU")} would be sent again.`
              : `${number(begun)} of ${counted(skus, "SKU")} are sent again now.`,
          ]
        : [],
  };
}
