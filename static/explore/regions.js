/** Named regions of the map: where the points are dense, and what the tracks there have in common. */

import { standingWord } from "../meaning.js";
import { t } from "../i18n.js";
import { spreadOf } from "./statistics.js";

/** @typedef {import("../types.d.ts").DimensionName} DimensionName */
/** @typedef {import("../types.d.ts").Library} Library */
/** @typedef {{name: string, x: number, y: number, members: number[]}} Region */

const CELLS = 24; // cells of the density grid per side
const BLUR = 2; // passes of a 3 by 3 mean
const FEWEST = 0.02; // share of the tracks that a region has at least
const MOST = 9; // regions
const COMMON = 0.4; // share of a genre that names its region
const LIFT = 1.5; // how much more frequent the genre is there than everywhere
const WORDS = 2; // words of a name

/**
 * Find regions and name them, by their genre or by how their tracks differ from the others.
 *
 * @param {Float32Array} xs 0 to 1
 * @param {Float32Array} ys 0 to 1
 * @param {Library} points
 * @param {(string | null)[]} genres
 * @returns {Region[]} the largest first
 */
export function findRegions(xs, ys, points, genres) {
  const cellOf = (/** @type {number} */ index) => cell(xs[index]) + CELLS * cell(ys[index]);
  const density = new Float32Array(CELLS * CELLS);
  for (let index = 0; index < xs.length; index += 1) density[cellOf(index)] += 1;
  const peaks = climb(blurred(density));
  /** @type {Map<number, number[]>} */
  const members = new Map();
  for (let index = 0; index < xs.length; index += 1) {
    const peak = peaks[cellOf(index)];
    const group = members.get(peak);
    if (group) group.push(index);
    else members.set(peak, [index]);
  }
  const large = [...members.values()].filter((group) => group.length >= Math.max(3, FEWEST * xs.length))
    .sort((one, two) => two.length - one.length).slice(0, MOST);
  return named(large, points, genres).map(({ name, group }) => ({ name, members: group, x: mean(xs, group), y: mean(ys, group) }));
}

/** @param {number} share */
const cell = (share) => Math.min(CELLS - 1, Math.max(0, Math.floor(share * CELLS)));

/**
 * @param {Float32Array} density
 * @returns {Float32Array}
 */
function blurred(density) {
  let current = density;
  for (let pass = 0; pass < BLUR; pass += 1) {
    const before = current;
    current = before.map((_, place) => around(place).reduce((sum, one) => sum + before[one], before[place]) / 9);
  }
  return current;
}

/**
 * Return the cells beside a cell.
 *
 * @param {number} place
 */
function around(place) {
  const [column, row] = [place % CELLS, Math.floor(place / CELLS)];
  const found = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(CELLS - 1, row + 1); y += 1) {
    for (let x = Math.max(0, column - 1); x <= Math.min(CELLS - 1, column + 1); x += 1) {
      if (x !== column || y !== row) found.push(x + CELLS * y);
    }
  }
  return found;
}

/**
 * Return the peak that each cell leads to when the steepest way is followed.
 *
 * @param {Float32Array} density
 */
function climb(density) {
  const next = Array.from(density, (value, place) =>
    around(place).reduce((best, one) => (density[one] > density[best] ? one : best), value ? place : place));
  return next.map((_, place) => {
    let at = place;
    while (next[at] !== at) at = next[at];
    return at;
  });
}

/**
 * Name groups of tracks; equal names are told apart by a word.
 *
 * @param {number[][]} groups
 * @param {Library} points
 * @param {(string | null)[]} genres
 */
function named(groups, points, genres) {
  const overall = counts(genres);
  const statistics = points.names.map((name) => spreadOf(points.columns[name]));
  /** @type {Set<string>} */
  const taken = new Set();
  return groups.map((group) => {
    const words = wordsFor(group, points, statistics);
    const genre = commonGenre(group, genres, overall);
    let name = genre ?? words.slice(0, WORDS).join(", ");
    for (const word of genre ? words : words.slice(WORDS)) {
      if (!taken.has(name)) break;
      name = t("explore.region.both", { name, word });
    }
    taken.add(name);
    return { name: name || t("explore.region.mixed"), group };
  });
}

/** @param {(string | null)[]} values */
function counts(values) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const value of values) if (value !== null) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

/**
 * @param {number[]} group
 * @param {(string | null)[]} genres
 * @param {Map<string, number>} overall
 */
function commonGenre(group, genres, overall) {
  const [best] = [...counts(group.map((index) => genres[index] ?? null))].sort((one, two) => two[1] - one[1]);
  if (!best) return null;
  const share = best[1] / group.length;
  const everywhere = (overall.get(best[0]) ?? 0) / genres.length;
  return share >= COMMON && share >= LIFT * everywhere ? best[0] : null;
}

/**
 * Return words for the dimensions in which a group differs most from the library.
 *
 * @param {number[]} group
 * @param {Library} points
 * @param {{mean: number, deviation: number}[]} statistics
 */
function wordsFor(group, points, statistics) {
  return points.names.map((name, place) => {
    const { mean: usual, deviation } = statistics[place];
    const column = points.columns[name];
    const defined = group.filter((index) => !Number.isNaN(column[index]));
    const away = deviation > 0 && defined.length ? (mean(column, defined) - usual) / deviation : 0;
    return { word: standingWord(name, away < 0 ? -1 : 1), away: Math.abs(away) };
  }).filter(({ word, away }) => word && away > 0.25).sort((one, two) => two.away - one.away).map(({ word }) => word ?? "");
}

/**
 * @param {Float32Array} values
 * @param {number[]} group
 */
const mean = (values, group) => group.reduce((sum, index) => sum + values[index], 0) / group.length;
