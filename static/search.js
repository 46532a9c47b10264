/**
 * The search language of the service, as far as the page edits it: `genre:x`, `year:1990..1999` and ranges of dimensions are
 * terms of the query, so that the query alone is the state of all filters.
 */

/** A term with a field: `name:value` or `name:"two words"`. */
const TERM = /(?:^|\s)(\w+):(?:"([^"]*)"|(\S+))/g;

/**
 * Return the value of a field in a query, or "".
 *
 * @param {string} query
 * @param {string} field
 */
export function termOf(query, field) {
  for (const [, name, quoted, plain] of query.matchAll(TERM)) if (name === field) return quoted ?? plain ?? "";
  return "";
}

/**
 * Return a query with the value of a field set, or removed if it is empty.
 *
 * @param {string} query
 * @param {string} field
 * @param {string} value
 */
export function withTerm(query, field, value) {
  const rest = query.replace(TERM, (all, name) => (name === field ? "" : all)).trim();
  const text = value.replaceAll('"', "");
  const term = text && `${field}:${/\s/.test(text) ? `"${text}"` : text}`;
  return [rest, term].filter(Boolean).join(" ");
}

/**
 * Return the ends of a range: `120..130`, `120..`, `..130`.
 *
 * @param {string} value
 */
export function endsOf(value) {
  const [low, high = ""] = value.split("..");
  return { low: low ?? "", high: value.includes("..") ? high : low ?? "" };
}

/**
 * Return the range between two ends, or "" without any.
 *
 * @param {string} low
 * @param {string} high
 */
export const rangeOf = (low, high) => (low || high ? `${low}..${high}` : "");
