// What changes by itself: fleet, merchants and alerts, as server-sent events. And how far they can be believed.

const LOST_AFTER_MS = 4_000; // a connection ends now and then by design, and is taken up again at once
const OLD_AFTER_MS = 15_000;
const AGAIN_MS = [500, 1_000, 2_000, 5_000, 10_000];

export class Live {
  merchants = new Map();
  fleet = null;
  alerts = null;
  heardAt = 0;
  #begunAt = Date.now();
  #cutAt = Date.now();
  #tries = 0;
  #oldAfterMs = OLD_AFTER_MS;
  #source = null;
  #onChange;

  /** `onChange`: told after each event. */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#open();
  }

  /** "begin": nothing is known yet. "live". "lost": nobody answers. "old": the connection stands, and is silent. */
  state(now = Date.now()) {
    if (this.#cutAt) {
      const isNew = !this.heardAt && now - this.#begunAt < LOST_AFTER_MS;
      return isNew ? "begin" : now - this.#cutAt > LOST_AFTER_MS ? "lost" : "live";
    }
    return now - this.heardAt > this.#oldAfterMs ? "old" : "live";
  }

  #open() {
    const source = new EventSource("/api/v1/changes");
    this.#source = source;
    source.onerror = () => this.#cut();
    const hear = (name, take) =>
      source.addEventListener(name, (event) => {
        take(JSON.parse(event.data));
        this.heardAt = Date.now();
        this.#cutAt = 0;
        this.#tries = 0;
        this.#onChange();
      });
    hear("looked", ({ next_s: seconds }) => (this.#oldAfterMs = Math.max(OLD_AFTER_MS, 3000 * (seconds ?? 0))));
    hear("fleet", (fleet) => (this.fleet = fleet));
    hear("alerts", ({ alerts }) => (this.alerts = alerts));
    hear("merchants", (told) => this.#takeMerchants(told));
  }

  #takeMerchants({ whole, merchants, gone }) {
    const known = whole ? new Map() : new Map(this.merchants);
    for (const merchant of merchants) known.set(merchant.merchant_id, merchant);
    for (const merchantId of gone) known.delete(merchantId);
    this.merchants = known;
  }

  #cut() {
    this.#source.close();
    if (!this.#cutAt) this.#cutAt = Date.now();
    const wait = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)];
    setTimeout(() => this.#open(), wait);
    this.#onChange();
  }
}
