/** Download of all fingerprints in quantised columns. */

import { get } from "./api.js";

const STEPS = 65_535; // quantisation steps between minimum and maximum

/**
 * Fetch all current fingerprints.
 *
 * @returns {Promise<{count: number, ids: number[], names: string[], columns: Object<string, Float32Array>}>}
 *   `columns` holds the values of each dimension in their own units, in the order of `ids`.
 */
export async function fetchPoints() {
  const body = await get("points");
  const ids = [...new BigUint64Array(unpacked(body.ids))].map(Number);
  const columns = {};
  for (const [name, packed] of Object.entries(body.columns)) {
    const { low, high } = body.ranges[name];
    columns[name] = Float32Array.from(new Uint16Array(unpacked(packed)), (step) => low + ((high - low) * step) / STEPS);
  }
  return { count: ids.length, ids, names: Object.keys(columns), columns };
}

/** Return the fingerprint at an index as an object. */
export const printOf = ({ names, columns }, index) => Object.fromEntries(names.map((name) => [name, columns[name][index]]));

function unpacked(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes.buffer;
}
