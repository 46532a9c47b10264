/** The points of the library with their places on the map: loaded once, brought up to date afterwards. */

import { ask } from "../api.js";
import { dimensions } from "../meaning.js";
import { fetchPoints } from "../points.js";
import { axesAlong, project } from "../projection.js";

/** @typedef {import("../types.d.ts").Axis} Axis */
/** @typedef {import("../types.d.ts").Library} Library */
/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../fingerprint.d.ts").SimilarMap} SimilarMap */
/**
 * `places` maps ids to indices; `x` and `y` are the places on the map. `kept` is the share of the ten nearest tracks that
 * the map keeps, as the service measured it, or null where the places are principal components.
 *
 * @typedef {{points: Library, places: Map<number, number>, x: Float32Array, y: Float32Array, axes: Axis[], meaning: DimensionInfo[], kept: number | null}} Mapped
 */

export const FEWEST = 3; // tracks of a map
const MAP_LIMIT_MS = 180_000; // a large library is placed in a minute

/** @type {Mapped | null} */
let mapped = null;
/** @type {Promise<Mapped> | null} */
let loading = null;

/** Return what has been loaded. */
export const mappedLibrary = () => mapped;

/**
 * Load the library, or what has changed since it was loaded.
 *
 * @param {(share: number) => void} progress
 * @returns {Promise<Mapped>}
 */
export function loadLibrary(progress = () => {}) {
  loading ??= load(progress).finally(() => {
    loading = null;
  });
  return loading;
}

/** @param {(share: number) => void} progress */
async function load(progress) {
  const [points, meaning] = await Promise.all([fetchPoints(mapped?.points ?? null, progress), dimensions()]);
  if (mapped && mapped.points.version === points.version) return mapped;
  const few = points.count < FEWEST;
  const { x, y, axes } = few ? { x: new Float32Array(points.count), y: new Float32Array(points.count), axes: [] } : project(points, meaning);
  const plain = { points, places: new Map(points.ids.map((id, index) => [id, index])), x, y, axes, meaning, kept: null };
  const improved = mapped !== null && mapped.kept !== null; // the map that is shown stays until the new one is there
  mapped = (improved && (await withPlaces(plain))) || plain;
  return mapped;
}

/**
 * Replace principal components by the map of the service, on which more neighbours stay together.
 *
 * @param {Mapped} plain
 * @returns {Promise<Mapped | null>} null if there is none, or the library has changed meanwhile
 */
export async function improve(plain) {
  if (plain.kept !== null || plain.points.count < FEWEST) return null;
  const better = await withPlaces(plain);
  if (!better || mapped !== plain) return null;
  mapped = better;
  return mapped;
}

/**
 * @param {Mapped} plain
 * @returns {Promise<Mapped | null>} null if the service has no place for one of the points
 */
async function withPlaces(plain) {
  const { points, meaning } = plain;
  /** @type {SimilarMap} */
  let found;
  try {
    found = await ask("similar/map", { signal: AbortSignal.timeout(MAP_LIMIT_MS) });
  } catch {
    return null; // the principal components stay
  }
  const rows = new Map(Array.from(new BigUint64Array(bytesOf(found.ids)), (id, row) => [Number(id), row]));
  if (!points.ids.every((id) => rows.has(id))) return null;
  const [x, y] = [found.x, found.y].map((axis) => {
    const steps = new Uint16Array(bytesOf(axis));
    return Float32Array.from(points.ids, (id) => steps[/** @type {number} */ (rows.get(id))] / 65_535);
  });
  return { ...plain, x, y, axes: axesAlong(points, meaning, [x, y]), kept: found.kept };
}

/** @param {string} text in base64 */
const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
