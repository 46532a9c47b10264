/**
 * Addresses of the page. All state that a reader may want to keep, share or go back to is in the fragment:
 * `#library/albums?q=night&sort=year`.
 */

/** @typedef {import("./types.d.ts").Place} Place */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

/** Fragments of earlier versions, by their first part. @type {Record<string, string>} */
const MOVED = { now: "activity", tracks: "library/tracks", failures: "activity/failures" };

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // an invalid escape sequence
  }
}

/**
 * Read a fragment, with or without "#".
 *
 * @param {string} hash
 * @returns {Place}
 */
export function parse(hash) {
  const [parts, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const [first = "", ...rest] = parts.split("/").map(decoded);
  const [view, ...before] = (MOVED[first] ?? first).split("/");
  return { view, path: [...before, ...rest].filter(Boolean), query: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * Return the fragment of a view, with "#"; empty parameters are omitted.
 *
 * @param {string} view
 * @param {(string | number)[]} path
 * @param {Query} query
 */
export function address(view, path = [], query = {}) {
  const kept = Object.entries(query).flatMap(([name, value]) => (value || value === 0 ? [[name, String(value)]] : []));
  const search = new URLSearchParams(kept).toString();
  return `#${[view, ...path].map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}
