// Where one is: a path and a query behind the #, so that every view can be linked. No secret ever stands in it.

/** `#/merchants/M1?show=late` as {path, parts, query}. */
export function routeOf(hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(plain);
  return { path, parts: parts.length ? parts : ["fleet"], query: Object.fromEntries(new URLSearchParams(search)) };
}

export function hashOf(path, query) {
  const given = Object.entries(query).filter(([, value]) => value);
  return `#/${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
