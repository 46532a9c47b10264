/** The points of the library with their places on the map: loaded once, brought up to date afterwards. */

import { dimensions } from "../meaning.js";
import { fetchPoints } from "../points.js";
import { project } from "../projection.js";

/** @typedef {import("../types.d.ts").Axis} Axis */
/** @typedef {import("../types.d.ts").Library} Library */
/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/**
 * `places` maps ids to indices; `x` and `y` are the places on the map.
 *
 * @typedef {{points: Library, places: Map<number, number>, x: Float32Array, y: Float32Array, axes: Axis[], meaning: DimensionInfo[]}} Mapped
 */

export const FEWEST = 3; // tracks of a map

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
  mapped = { points, places: new Map(points.ids.map((id, index) => [id, index])), x, y, axes, meaning };
  return mapped;
}
