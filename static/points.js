/** Download of fingerprints in quantised columns. */

import { lines } from "./lines.js";

/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {import("./types.d.ts").Library} Library */
/** @typedef {import("./fingerprint.d.ts").PointsHead} PointsHead */
/** @typedef {import("./fingerprint.d.ts").PointsPart} PointsPart */

const STEPS = 65_534; // quantisation steps between minimum and maximum
const NO_VALUE = 65_535; // undefined for the track

/**
 * Fetch all current fingerprints, or bring earlier ones up to date.
 *
 * @param {Library | null} known
 * @param {(share: number) => void} progress
 * @returns {Promise<Library>} `columns` holds the values of each dimension in their own units, in the order of `ids`; NaN where undefined.
 */
export async function fetchPoints(known = null, progress = () => {}) {
  const answer = lines("points", known ? { since: known.version } : undefined);
  const head = /** @type {PointsHead} */ ((await answer.next()).value);
  const names = /** @type {DimensionName[]} */ (Object.keys(head.ranges));
  const fresh = empty(head.version, names, head.count);
  for await (const part of answer) {
    append(fresh, /** @type {PointsPart} */ (part), head.ranges);
    progress(fresh.count / Math.max(1, head.count));
  }
  return known && head.removed ? merged(known, fresh, new Set(head.removed)) : fresh;
}

/**
 * Fetch a tag of all points, in the order of `ids`; null for tracks that lack it.
 *
 * @param {Library} points
 * @param {"artist" | "album" | "genre" | "year"} name
 * @returns {Promise<(string | null)[]>}
 */
export async function fetchTag({ ids }, name) {
  /** @type {Map<number, string>} */
  const found = new Map();
  for await (const line of lines("points", { columns: name })) {
    const part = /** @type {Partial<PointsPart>} */ (line);
    const tag = part.tags?.[name];
    if (!tag || !part.ids) continue;
    const indices = new Uint16Array(unpacked(tag.indices));
    new BigUint64Array(unpacked(part.ids)).forEach((id, index) => {
      const value = tag.values[indices[index]];
      if (value !== undefined) found.set(Number(id), value);
    });
  }
  return ids.map((id) => found.get(id) ?? null);
}

/**
 * @param {string} version
 * @param {DimensionName[]} names
 * @param {number} size
 * @returns {Library}
 */
function empty(version, names, size) {
  const columns = Object.fromEntries(names.map((name) => [name, new Float32Array(size)]));
  return { version, count: 0, ids: [], names, columns: /** @type {Library["columns"]} */ (columns) };
}

/**
 * Append a part of the response; files stored since the request was made may be more than announced.
 *
 * @param {Library} library
 * @param {PointsPart} part
 * @param {PointsHead["ranges"]} ranges
 */
function append(library, part, ranges) {
  const ids = new BigUint64Array(unpacked(part.ids));
  const from = library.count;
  for (const id of ids) library.ids.push(Number(id));
  library.count += ids.length;
  for (const name of library.names) {
    const { low, high } = ranges[name];
    if (library.columns[name].length < library.count) library.columns[name] = grown(library.columns[name], library.count);
    const steps = new Uint16Array(unpacked(part.columns[name]));
    const column = library.columns[name];
    for (let index = 0; index < steps.length; index += 1) column[from + index] = steps[index] === NO_VALUE ? NaN : low + ((high - low) * steps[index]) / STEPS;
  }
}

/**
 * Return what was known without the files that were removed or replaced, followed by the new ones.
 *
 * @param {Library} known
 * @param {Library} fresh
 * @param {Set<number>} removed
 * @returns {Library}
 */
function merged(known, fresh, removed) {
  for (const id of fresh.ids) removed.add(id);
  const kept = known.ids.flatMap((id, index) => (removed.has(id) ? [] : [index]));
  const library = empty(fresh.version, fresh.names, kept.length + fresh.count);
  library.count = kept.length + fresh.count;
  library.ids = [...kept.map((index) => known.ids[index]), ...fresh.ids];
  for (const name of fresh.names) {
    const column = library.columns[name];
    kept.forEach((from, index) => (column[index] = known.columns[name][from]));
    column.set(fresh.columns[name].subarray(0, fresh.count), kept.length);
  }
  return library;
}

/**
 * @param {Float32Array} column
 * @param {number} size
 */
function grown(column, size) {
  const larger = new Float32Array(size);
  larger.set(column);
  return larger;
}

/**
 * Return the fingerprint at an index as an object.
 *
 * @param {Library} library
 * @param {number} index
 * @returns {import("./fingerprint.d.ts").Fingerprint}
 */
export const printOf = ({ names, columns }, index) =>
  /** @type {any} */ (Object.fromEntries(names.map((name) => [name, columns[name][index]])));

/** @param {string} text base64 */
function unpacked(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes.buffer;
}
