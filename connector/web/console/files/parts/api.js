// The control API. The token is kept for this tab alone, and goes nowhere but into a header of requests that want it.

const BASE = "/api/v1/";
const TIMEOUT_MS = 60_000;
const TOKEN = "connector-token";
const NAME = "connector-by";

/** What the API says is wrong (RFC 9457), or what the network did. */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", remedy = "" }) {
    super(detail || title);
    Object.assign(this, { status, title, remedy });
  }
}

export const operator = {
  get token() {
    return sessionStorage.getItem(TOKEN) ?? "";
  },
  get name() {
    return sessionStorage.getItem(NAME) ?? "";
  },
  remember(name, token) {
    sessionStorage.setItem(NAME, name);
    sessionStorage.setItem(TOKEN, token);
  },
  forget() {
    sessionStorage.removeItem(TOKEN);
  },
};

/** A path below the API, of parts that may hold anything. */
export function pathOf(...parts) {
  return parts.map(encodeURIComponent).join("/");
}

export function read(path, query = {}, signal = null) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const search = given.length ? `?${new URLSearchParams(given)}` : "";
  return ask(path + search, { signal });
}

/** What may hold buyers' data is shown to who has the token. */
export function readGuarded(path, signal) {
  return ask(path, { signal, headers: operator.token ? { Authorization: `Bearer ${operator.token}` } : {} });
}

export function write(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${operator.token}` },
    body: JSON.stringify(body),
  });
}

async function ask(path, { signal, ...request }) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const options = { ...request, cache: "no-store", signal: signal ? AbortSignal.any([signal, limit]) : limit };
  let response;
  let answer;
  try {
    response = await fetch(BASE + path, options);
    answer = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(
      response && !response.ok
        ? { status: response.status, title: `The worker answered ${response.status}` }
        : { title: "The worker does not answer", remedy: "See whether it runs, and try again." },
    );
  }
  if (!response.ok) throw new Problem({ ...answer, status: response.status });
  return answer;
}
