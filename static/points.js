/** Download of all fingerprints in quantised columns. */

import { get } from "./api.js";

/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {import("./types.d.ts").Library} Library */

const STEPS = 65_535; // quantisation steps between minimum and maximum

/**
 * Fetch all current fingerprints.
 *
 * @returns {Promise<Library>} `columns` holds the values of each dimension in their own units, in the order of `ids`.
 */
export async function fetchPoints() {
  const body = await get("points");
  const ids = [...new BigUint64Array(unpacked(body.ids))].map(Number);
  const columns = /** @type {Library["columns"]} */ ({});
  for (const [name, packed] of /** @type {[DimensionName, string][]} */ (Object.entries(body.columns))) {
    const { low, high } = body.ranges[name];
    columns[name] = Float32Array.from(new Uint16Array(unpacked(packed)), (step) => low + ((high - low) * step) / STEPS);
  }
  return { count: ids.length, ids, names: /** @type {DimensionName[]} */ (Object.keys(columns)), columns };
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
