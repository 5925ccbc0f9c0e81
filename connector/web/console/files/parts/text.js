// Text as people may be shown it. What comes from records was written by strangers: characters that turn the direction
// of writing, or can't be seen, are spelt out, as connector/terminal.py does for terminals.

const UNSAFE = new RegExp(
  "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f" +
    "\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]",
  "gu",
);

export function visible(text) {
  return String(text).replace(UNSAFE, (found) => {
    const code = found.codePointAt(0);
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

const NUMBER = new Intl.NumberFormat("en");

export function number(value) {
  return value === null || value === undefined ? "–" : NUMBER.format(value);
}

export function percent(share) {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`;
}

export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** Milliseconds; of ISO 8601 text or of milliseconds. */
export function ms(time) {
  return typeof time === "number" ? time : Date.parse(time);
}

/** `2026-11-26 20:18:07`, UTC. */
export function clock(time) {
  if (time === null || time === undefined || time === "") return "";
  const then = new Date(ms(time));
  return Number.isNaN(then.getTime()) ? String(time) : then.toISOString().slice(0, 19).replace("T", " ");
}

/** `42 s`, `7 min`, `3 h 20 min`, `5 d`. */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  if (whole < 100 * 60) return `${Math.round(whole / 60)} min`;
  const hours = Math.floor(Math.round(whole / 60) / 60);
  const minutes = Math.round(whole / 60) % 60;
  if (hours < 10) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `7 min ago`, `in 3 h`. */
export function relative(time, now = Date.now()) {
  if (time === null || time === undefined || time === "") return "";
  const seconds = (now - ms(time)) / 1000;
  if (Number.isNaN(seconds)) return String(time);
  if (Math.abs(seconds) < 2) return "now";
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

/** `SHIP_BY_NEAR` as `Ship by near`. */
export function words(name) {
  const text = String(name)
    .replaceAll("_", " ")
    .toLowerCase()
    .replace(/\b(sku|api|oms)\b/g, (found) => found.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}
