// The workers: who holds which partitions, what is behind, what nobody holds.

import { h } from "../parts/dom.js";
import { banner, chip, empty, figure, grid, id, panel } from "../parts/pieces.js";
import { counted, number } from "../parts/text.js";

export const fleet = {
  title: () => "Fleet",
  draw: ({ live }) => {
    if (!live.fleet) return null;
    const { workers, partitions_unheld: unheld, merchants_file_refused: refused } = live.fleet;
    const silent = workers.filter((worker) => !worker.answers);
    return [
      unheld.length ? unheldBanner(unheld) : null,
      silent.length ? silentBanner(silent) : null,
      refused.map((why) =>
        banner(
          "warn",
          "The merchants file is refused",
          `An older version is in force. ${why}. Mend the file: it is read again by itself.`,
        ),
      ),
      h("div", { class: "figures" }, figures(live, silent)),
      panel("Workers", { note: counted(workers.length, "worker") }, workers.length ? workersOf(live) : nobody()),
      panel("Partitions", { note: `${number(live.fleet.partition_count)} on each topic` }, partitionsOf(live.fleet)),
    ];
  },
};

function figures(live, silent) {
  const { workers, partition_count: count, partitions_unheld: unheld } = live.fleet;
  const behind = workers.reduce((sum, { lag }) => sum + (lag ?? 0), 0);
  const merchants = [...live.merchants.values()];
  const sum = (name) => merchants.reduce((total, merchant) => total + (merchant[name] ?? 0), 0);
  const suspended = merchants.filter((merchant) => merchant.suspended).length;
  const critical = (live.alerts ?? []).filter((alert) => alert.severity === "CRITICAL").length;
  return [
    figure("Workers answer", `${number(workers.length - silent.length)} of ${number(workers.length)}`, {
      kind: silent.length ? "bad" : "",
    }),
    figure("Partitions held", `${number(count - unheld.length)} of ${number(count)}`, {
      kind: unheld.length ? "bad" : "",
    }),
    figure("Records behind", behind, { note: "not yet taken from the topics" }),
    figure("Merchants", merchants.length, {
      note: suspended ? `${number(suspended)} suspended` : "none suspended",
      href: "#/merchants",
    }),
    figure("Calls waiting", sum("backlog"), { note: "in all lanes", href: "#/merchants?sort=backlog" }),
    figure("Late or at risk", sum("late") + sum("at_risk"), {
      note: "shipments",
      href: "#/shipments",
      kind: sum("late") ? "warn" : "",
    }),
    figure("Alerts", live.alerts?.length ?? 0, {
      note: critical ? `${number(critical)} critical` : "none critical",
      href: "#/alerts",
      kind: critical ? "bad" : "",
    }),
  ];
}

function workersOf({ fleet: { workers }, merchants }) {
  const served = new Map();
  for (const { worker } of merchants.values()) served.set(worker, (served.get(worker) ?? 0) + 1);
  const heads = [
    ["Worker"],
    ["State"],
    ["Partitions"],
    ["Merchants", "number"],
    ["Behind", "number"],
    ["Version"],
    ["Address"],
  ];
  const rows = workers.map((worker) => [
    id(worker.worker),
    worker.answers
      ? chip("good", "Answers")
      : [chip("bad", "Silent"), h("div", { class: "quiet" }, h("bdi", null, worker.why))],
    h("span", { class: "figures-text" }, ranges(worker.partitions)),
    number(served.get(worker.worker) ?? 0),
    number(worker.lag),
    worker.version || "–",
    h("span", { class: "quiet" }, worker.url),
  ]);
  return grid("Workers", heads, rows);
}

function partitionsOf({ workers, partition_count: count }) {
  const holders = new Map(workers.flatMap(({ worker, partitions }) => partitions.map((one) => [one, worker])));
  const names = workers.map(({ worker }) => worker);
  const cells = Array.from({ length: count }, (_, partition) => {
    const holder = holders.get(partition);
    const told = `Partition ${partition}: ${holder ?? "nobody"}`;
    const tone = holder === undefined ? "nobody" : `tone-${names.indexOf(holder) % 6}`;
    return h(
      "li",
      { class: `partition ${tone}`, title: told },
      h("span", { class: "hidden" }, told),
      h("span", { "aria-hidden": "true" }, partition),
    );
  });
  const legend = names.map((name, index) => h("li", null, h("i", { class: `partition tone-${index % 6}` }), id(name)));
  return [h("ol", { class: "partitions" }, cells), h("ul", { class: "legend" }, legend)];
}

function unheldBanner(unheld) {
  const are = unheld.length === 1 ? "is" : "are";
  const title = `${counted(unheld.length, "partition")} ${are} held by nobody: ${ranges(unheld)}`;
  return banner(
    "bad",
    title,
    "Their merchants' calls rest, and nothing is lost. After a start or a crash this ends within seconds; where it " +
      "stays, start more workers, and see their logs.",
  );
}

function silentBanner(silent) {
  return banner(
    "warn",
    `${silent.map(({ worker }) => worker).join(", ")} ${silent.length === 1 ? "does" : "do"} not answer`,
    "What is shown of their merchants is what was told last. See whether they run, and whether " +
      "CONNECTOR_WEB__ADVERTISED_URL names where others reach them.",
  );
}

function nobody() {
  return empty("No worker is known", "Start one with `connector worker`: it shows here by itself.");
}

/** `0–3, 7`. */
function ranges(partitions) {
  const all = [...partitions].sort((one, other) => one - other);
  const parts = [];
  for (const one of all) {
    const last = parts.at(-1);
    if (last && last[1] === one - 1) last[1] = one;
    else parts.push([one, one]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ") || "none";
}
