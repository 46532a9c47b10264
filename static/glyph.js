/**
 * Glyphs: drawings of fingerprints. Similar tracks have similar glyphs.
 *
 * Two overlapping shapes show the spectrum from low (bottom) to high (top); their distance is the stereo width. The hue
 * encodes the spectral centroid (red is dark, violet is bright), the dots are the beats of six seconds, and the outer
 * rays show all 25 dimensions.
 */

import { el, svg } from "./dom.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */

/** @type {DimensionName[]} */
const BANDS = [
  "sub_bass_pct", "bass_pct", "low_mid_pct", "mid_pct", "upper_mid_pct", "presence_pct", "air_pct",
];
const CENTRE = 50;
const MIDDLE_HZ = 1000; // spectral centroid in the middle of the hues
const SPREAD = 0.5; // octaves over which the hue changes most

/** @param {number} value */
const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;

/**
 * Position of a value in its range, 0 to 1; frequencies are logarithmic.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
export function place(dimension, value) {
  if (dimension.unit === "Hz") {
    const low = Math.max(dimension.low, 20);
    return clamp(Math.log(Math.max(value, low) / low) / Math.log(dimension.high / low));
  }
  return clamp((value - dimension.low) / (dimension.high - dimension.low));
}

/**
 * Return the hue of a fingerprint in degrees. The logistic function gives music as it is a wide range of hues: half of it
 * has a spectral centroid within an octave.
 *
 * @param {Pick<Fingerprint, "spectral_centroid" | "chroma_energy">} fingerprint
 */
export const hueOf = (fingerprint) => {
  const octaves = Math.log2(Math.max(fingerprint.spectral_centroid, 100) / MIDDLE_HZ);
  const share = 1 / (1 + Math.exp(-octaves / SPREAD));
  return (10 + 280 * share + 20 * fingerprint.chroma_energy) % 360;
};

/**
 * Closed Catmull-Rom curve through points around the centre.
 *
 * @param {number[][]} points
 */
function closedCurve(points) {
  const at = (/** @type {number} */ index) => points[(index + points.length) % points.length];
  const parts = [`M${at(0).map(round)}`];
  for (let index = 0; index < points.length; index += 1) {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    const first = [0, 1].map((axis) => round(from[axis] + (to[axis] - before[axis]) / 6));
    const second = [0, 1].map((axis) => round(to[axis] - (after[axis] - from[axis]) / 6));
    parts.push(`C${first} ${second} ${to.map(round)}`);
  }
  return `${parts.join("")}Z`;
}

/**
 * @param {Fingerprint} fingerprint
 * @param {number} shift
 * @param {number} size
 */
function silhouette(fingerprint, shift, size) {
  const radius = BANDS.map((name) => size * (9 + 23 * clamp(fingerprint[name] / 60) ** 0.4));
  const points = [];
  for (let step = 0; step < 12; step += 1) {
    const band = step <= 6 ? step : 12 - step;
    const angle = Math.PI / 2 - (step * Math.PI) / 6;
    points.push([CENTRE + shift + radius[band] * Math.cos(angle), CENTRE + radius[band] * Math.sin(angle)]);
  }
  return closedCurve(points);
}

/**
 * Dots in a circle, as one path of lines without length: lists have hundreds of them.
 *
 * @param {Fingerprint} fingerprint
 * @param {number} hue
 * @param {number} radius
 */
function beats(fingerprint, hue, radius) {
  const number = Math.round(clamp(fingerprint.tempo_bpm, 30, 300) / 10);
  const size = round(0.7 + 1.1 * clamp(fingerprint.transient_density * 2));
  const dots = [];
  for (let index = 0; index < number; index += 1) {
    const angle = (2 * Math.PI * index) / number - Math.PI / 2;
    dots.push(`M${[Math.cos(angle), Math.sin(angle)].map((share) => round(CENTRE + radius * share)).join(" ")}h.01`);
  }
  const opacity = round(0.25 + 0.75 * clamp(fingerprint.rhythm_stability));
  return svg("path", { d: dots.join(""), stroke: `hsl(${hue} 45% 52%)`, "stroke-opacity": opacity, "stroke-width": round(2 * size), "stroke-linecap": "round" });
}

/**
 * @param {Fingerprint} fingerprint
 * @param {DimensionInfo[]} dimensions
 * @param {DimensionName[]} undefinedNames
 * @param {number} hue
 */
function rays(fingerprint, dimensions, undefinedNames, hue) {
  return dimensions.map((dimension, index) => {
    const angle = ((2 * Math.PI * (index + 0.5)) / dimensions.length - Math.PI / 2);
    const unknown = undefinedNames.includes(dimension.name);
    const reach = unknown ? 41.5 : 41.5 + 7.5 * place(dimension, fingerprint[dimension.name]);
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return svg("line", {
      x1: round(CENTRE + 40.5 * x), y1: round(CENTRE + 40.5 * y), x2: round(CENTRE + reach * x), y2: round(CENTRE + reach * y),
      stroke: `hsl(${round(hue + 5 * (index - 12))} 50% 52%)`, "stroke-width": 2.2, "stroke-linecap": "round",
      "stroke-opacity": unknown ? 0.3 : 0.9,
    });
  });
}

/**
 * Draw the glyph of a fingerprint.
 *
 * Without `dimensions` (the small variant in lists) the rays are omitted. `label` is the accessible name; without it the
 * glyph is decorative.
 *
 * @param {Fingerprint} fingerprint
 * @param {{dimensions?: DimensionInfo[] | null, undefinedNames?: DimensionName[], label?: string | null}} options
 */
export function glyph(fingerprint, { dimensions = null, undefinedNames = [], label = null } = {}) {
  const hue = round(hueOf(fingerprint));
  const size = dimensions ? 1 : 1.25; // without rays the shapes can be larger
  const colour = round(30 + 45 * clamp(fingerprint.harmonic_ratio));
  const shift = round(1 + 12 * clamp(fingerprint.stereo_width));
  const loud = round(1.5 + 4 * clamp((fingerprint.lufs + 40) / 35));
  const shapes = [
    svg("circle", { cx: CENTRE, cy: CENTRE, r: dimensions ? 39 : 49, fill: `hsl(${hue} ${colour}% 55%)`, "fill-opacity": 0.16 }),
    svg("path", { d: silhouette(fingerprint, -shift / 2, size), fill: `hsl(${hue} ${colour}% 52%)`, "fill-opacity": 0.78 }),
    svg("path", { d: silhouette(fingerprint, shift / 2, size), fill: `hsl(${hue + 32} ${colour}% 58%)`, "fill-opacity": 0.55 }),
    svg("circle", { cx: CENTRE, cy: CENTRE, r: loud, fill: "#fff", "fill-opacity": 0.92 }),
    beats(fingerprint, hue, dimensions ? 36.5 : 45),
  ];
  if (dimensions) shapes.push(...rays(fingerprint, dimensions, undefinedNames, hue));
  const naming = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const inset = dimensions ? "0 0 100 100" : "1 1 98 98";
  return svg("svg", { viewBox: inset, class: "glyph", focusable: "false", ...naming }, shapes);
}

/**
 * Placeholder for a track without a fingerprint.
 *
 * @param {string} state
 */
export const noGlyph = (state) => el("span", { class: `glyph none ${state}`, "aria-hidden": "true" });
