/** How much of the true neighbourhood the map keeps. */

import { Nearest } from "../nearest.js";
import { spreadOf } from "./statistics.js";

/** @typedef {import("../types.d.ts").Library} Library */

const NEIGHBOURS = 10;
const SAMPLE = 60; // tracks compared
const BLOCK = 2; // of them at a time, so that the page stays responsive

/**
 * Return the share of the nearest tracks in all dimensions that are also among the nearest on the map, on average over
 * a sample. The distance is the sum of the standardised differences.
 *
 * @param {Library} points
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} null if the library is too small to tell, or aborted
 */
export async function shareKept(points, xs, ys, signal) {
  if (points.count < 3 * NEIGHBOURS) return null;
  const columns = points.names.map((name) => standardised(points.columns[name]));
  const index = new Nearest(xs, ys);
  let kept = 0;
  const number = Math.min(SAMPLE, points.count);
  for (let turn = 0; turn < number; turn += 1) {
    if (turn % BLOCK === 0) await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return null;
    const track = Math.floor(((turn + 0.5) * points.count) / number);
    const shown = new Set(onMap(index, xs, ys, track));
    for (const one of truly(columns, points.count, track)) if (shown.has(one)) kept += 1;
  }
  return kept / (number * NEIGHBOURS);
}

/** Undefined values count as the mean. @param {Float32Array} column */
function standardised(column) {
  const { mean, deviation } = spreadOf(column);
  return column.map((value) => (Number.isNaN(value) ? 0 : (value - mean) / (deviation || 1)));
}

/**
 * @param {Float32Array[]} columns
 * @param {number} count
 * @param {number} track
 */
function truly(columns, count, track) {
  const distances = new Float32Array(count);
  for (const column of columns) {
    const own = column[track];
    for (let one = 0; one < count; one += 1) distances[one] += Math.abs(column[one] - own);
  }
  return smallest(distances, track);
}

/**
 * @param {Nearest} index
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 * @param {number} track
 */
function onMap(index, xs, ys, track) {
  /** @type {number[]} */
  const found = [];
  const taken = new Set([track]);
  let reach = 0.01;
  while (found.length < NEIGHBOURS && reach < 1e9) {
    const next = index.find(xs[track], ys[track], reach, (one) => !taken.has(one));
    if (next < 0) reach *= 2;
    else {
      found.push(next);
      taken.add(next);
    }
  }
  return found;
}

/**
 * Return the indices of the smallest values, without one of them.
 *
 * @param {Float32Array} values
 * @param {number} without
 */
function smallest(values, without) {
  /** @type {number[]} */
  const best = [];
  for (let index = 0; index < values.length; index += 1) {
    if (index === without || (best.length === NEIGHBOURS && values[index] >= values[best[NEIGHBOURS - 1]])) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]] > values[index]) place -= 1;
    best.splice(place, 0, index);
    if (best.length > NEIGHBOURS) best.pop();
  }
  return best;
}
