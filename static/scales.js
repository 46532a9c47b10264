/** Charts of values with their typical ranges: scales, spectrum, tiles. */

import { el, svg } from "./dom.js";
import { measured, unitOf, valueOf } from "./format.js";
import { t } from "./i18n.js";
import { standing } from "./meaning.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./types.d.ts").Coloured} Coloured */
/** @typedef {import("./types.d.ts").Mark} Mark */

const EDGES = ["20", "60", "250", "500", "2k", "4k", "6k", "20k"]; // band edges in Hz
/** @type {Record<-1 | 0 | 1, import("./i18n.js").Key>} */
const STANDINGS = { [-1]: "standing.below", 0: "standing.typical", 1: "standing.above" };

/**
 * Position of a value on its scale, 0 to 1. The scale extends the typical range by its width on both sides, so that audible
 * differences are visible; values beyond are clipped. Frequencies are logarithmic.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
export function onScale(dimension, value) {
  const ear = (/** @type {number} */ one) => (dimension.unit === "Hz" ? Math.log2(Math.max(one, 20)) : one);
  const [from, to] = dimension.typical.map(ear);
  const low = Math.max(ear(dimension.low), from - (to - from));
  const high = Math.min(ear(dimension.high), to + (to - from));
  return Math.min(1, Math.max(0, (ear(value) - low) / (high - low)));
}

/**
 * Describe a value relative to its typical range.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 * @param {boolean} unknown
 */
export const inPlace = (dimension, value, unknown) => t(unknown ? "standing.undefined" : STANDINGS[standing(dimension, value)]);

/**
 * Format the typical range of a dimension.
 *
 * @param {DimensionInfo} dimension
 */
export function usually(dimension) {
  const [low, high] = dimension.typical.map((value) => measured(dimension, value));
  return t("standing.range", { low, high });
}

/**
 * Draw a scale with the typical range and a mark for each of one or two tracks, `{ value, unknown }`.
 *
 * @param {DimensionInfo} dimension
 * @param {Mark[]} tracks
 */
export function scale(dimension, tracks) {
  const [low, high] = dimension.typical;
  const said = tracks.map(({ value, unknown }) => inPlace(dimension, value, unknown)).join(", ");
  return el("div", {
    class: "range", role: "img", "aria-label": `${said}; ${usually(dimension)}`, title: usually(dimension),
    "--from": onScale(dimension, low), "--to": onScale(dimension, high),
  }, el("span", { class: "usual" }), tracks.map(({ value, unknown }, index) =>
    !unknown && el("span", { class: `mark ${index ? "second" : ""}`, "--at": onScale(dimension, value) })));
}

/**
 * Format a value with its unit, or "undefined".
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 * @param {boolean} unknown
 */
export const written = (dimension, value, unknown) =>
  unknown ? [el("em", {}, t("undefined"))] : [el("strong", {}, valueOf(dimension, value)), " ", unitOf(dimension)];

/**
 * Draw the seven frequency bands of one or two tracks, `{ print, unknown, colour }`.
 *
 * @param {DimensionInfo[]} bands
 * @param {Coloured[]} tracks
 */
export function spectrum(bands, tracks) {
  const [left, width, floor, tall] = [4, 52, 112, 96];
  const most = Math.max(40, ...bands.flatMap((band) => [band.typical[1], ...tracks.map(({ print }) => print[band.name])]));
  const y = (/** @type {number} */ percent) => floor - (tall * percent) / most;
  const columns = bands.flatMap((band, index) => {
    const x = left + index * width;
    const each = (width - 20) / tracks.length;
    const usual = svg("rect", { class: "typical", x: x + 4, width: width - 8, y: y(band.typical[1]), height: y(band.typical[0]) - y(band.typical[1]), rx: 3 });
    return [usual, ...tracks.flatMap(({ print, unknown, colour }, number) => {
      const value = unknown.includes(band.name) ? 0 : print[band.name];
      const [from, middle] = [x + 10 + number * each, x + 10 + (number + 0.5) * each];
      const text = tracks.length > 1 ? Math.round(value) : valueOf(band, value);
      return [
        svg("rect", { x: from + 1, width: each - 2, y: y(value), height: floor - y(value), rx: 2.5, fill: colour(index) }),
        svg("text", { class: "figure", x: middle, y: Math.max(10, y(value) - 4), "text-anchor": "middle" }, text),
      ];
    })];
  });
  const ticks = EDGES.map((edge, index) => svg("text", { x: left + index * width, y: floor + 15, "text-anchor": "middle" }, edge));
  const said = tracks.map(({ print }) => bands.map((band) => `${band.title} ${measured(band, print[band.name])}`).join(", ")).join("; ");
  return el("figure", { class: "spectrum" },
    svg("svg", { viewBox: `-8 0 ${2 * left + 7 * width + 16} 132`, role: "img", "aria-label": t("spectrum.label", { values: said }) },
      columns, svg("line", { class: "axis", x1: left, x2: left + 7 * width, y1: floor + 0.5, y2: floor + 0.5 }), ticks),
    el("figcaption", {}, t("spectrum.caption")));
}

/**
 * Create a tile with a large value, its name, a chart and a word.
 *
 * @param {string} name
 * @param {string} figure
 * @param {string} unit
 * @param {Node} drawing
 * @param {string} word
 */
export const tile = (name, figure, unit, drawing, word) => el("div", { class: "tile" },
  el("dt", {}, name), el("dd", {}, el("strong", {}, figure), " ", unit, drawing, el("span", { class: "hint" }, word)));

/**
 * Draw the stereo image as a fan with the width of the music.
 *
 * @param {number} width
 * @param {number} correlation
 */
export function fan(width, correlation) {
  const spread = Math.min(1, width * 2) * 80; // degrees to each side; a width of 0.5 fills the half circle
  const at = (/** @type {number} */ degrees) => [50 + 46 * Math.sin((degrees * Math.PI) / 180), 48 - 44 * Math.cos((degrees * Math.PI) / 180)].map((one) => one.toFixed(1)).join(" ");
  const half = Math.max(2, spread);
  return svg("svg", { viewBox: "0 0 100 52", class: "fan", "aria-hidden": "true" },
    svg("path", { class: "usual", d: `M50 48L${at(-80)}A46 44 0 0 1 ${at(80)}Z` }),
    svg("path", { class: correlation < 0 ? "image bad" : "image", d: `M50 48L${at(-half)}A46 44 0 0 1 ${at(half)}Z` }));
}

/**
 * Draw the beats of four seconds; opacity shows rhythm stability.
 *
 * @param {number} tempo
 * @param {number} stability
 */
export function pulse(tempo, stability) {
  const beats = Math.round(tempo / 15);
  const marks = Array.from({ length: beats }, (_, index) => svg("rect", { x: (100 * index) / beats, y: index % 4 ? 8 : 2, width: Math.min(3, 60 / beats), height: index % 4 ? 12 : 18, rx: 1 }));
  return svg("svg", { viewBox: "0 0 100 22", class: "pulse", "aria-hidden": "true", "fill-opacity": (0.3 + 0.7 * stability).toFixed(2) }, marks);
}
