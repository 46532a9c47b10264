/** Titles, tags and lengths of tracks by their ids; fetched in batches and remembered. */

import { get } from "../api.js";

/** @typedef {import("../fingerprint.d.ts").File} File */

const BATCH = 100; // ids of one request
const KEPT = 4000; // files remembered
const FIELDS = "id,path,name,title,state,tags,metadata,fingerprint";

/** @type {Map<number, File>} */
const known = new Map();

/**
 * Return the known file with an id.
 *
 * @param {number} id
 */
export const fileOf = (id) => known.get(id);

/**
 * Return files in the order of their ids; those that do not exist are left out.
 *
 * @param {number[]} ids
 * @returns {Promise<File[]>}
 */
export async function filesOf(ids) {
  const unknown = [...new Set(ids)].filter((id) => !known.has(id));
  const batches = Array.from({ length: Math.ceil(unknown.length / BATCH) }, (_, index) => unknown.slice(index * BATCH, (index + 1) * BATCH));
  const pages = await Promise.all(batches.map((batch) => get("files", { ids: batch.join(","), fields: FIELDS, limit: String(BATCH) })));
  for (const { items } of pages) for (const file of items) known.set(/** @type {File} */ (file).id, /** @type {File} */ (file));
  const found = ids.flatMap((id) => known.get(id) ?? []);
  for (const id of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(id);
  }
  return found;
}
