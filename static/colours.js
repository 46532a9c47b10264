/** Point colours packed as 0xBBGGRR, the byte order of canvas pixels. */

import { hueOf } from "./glyph.js";
import { printOf } from "./points.js";

/** @typedef {import("./types.d.ts").Library} Library */

const STOPS = [[52, 84, 160], [20, 132, 138], [98, 160, 74], [222, 168, 40], [204, 78, 52]]; // low to high
const SHADES = 64;
/** Of kinds: distinct for all common kinds of colour vision, after Okabe and Ito. */
const KINDS = [[0, 114, 178], [230, 159, 0], [0, 158, 115], [213, 94, 0], [204, 121, 167], [86, 180, 233], [128, 96, 32], [180, 170, 40]];
const OTHER = [140, 146, 148];
const EDGE = 0.02; // share of the values clipped at each end of the colour ramp

/**
 * Colours that match the hue of the glyphs; grey where it is undefined.
 *
 * @param {Library} points
 */
export function drawingColours(points) {
  const used = /** @type {Library} */ ({ ...points, names: ["spectral_centroid", "chroma_energy"] });
  return Uint32Array.from({ length: points.count }, (_, index) => {
    const hue = hueOf(printOf(used, index));
    return packed(Number.isNaN(hue) ? OTHER : fromHue(hue));
  });
}

/**
 * Colours by value, the values at both ends of the ramp, and the number of values that are NaN, which are grey.
 *
 * @param {Float32Array} column
 */
export function valueColours(column) {
  const sorted = column.filter((value) => !Number.isNaN(value)).sort();
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const [low, high] = [at(EDGE), at(1 - EDGE)];
  const shades = Array.from({ length: SHADES }, (_, index) => packed(shade(index / (SHADES - 1))));
  const colours = Uint32Array.from(column, (value) => {
    if (Number.isNaN(value)) return packed(OTHER);
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return shades[Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))];
  });
  return { colours, low, high, lacking: column.length - sorted.length };
}

/**
 * Colours that tell kinds apart: `css` for a legend, `packed` for points with that of all others at the end.
 *
 * @param {number} number
 */
export function paletteColours(number) {
  const kinds = KINDS.slice(0, number);
  return { css: kinds.map(inCss), packed: [...kinds, OTHER].map(packed), other: inCss(OTHER) };
}

/**
 * CSS colours from low to high for a legend.
 *
 * @param {number} number
 */
export const legendColours = (number) => Array.from({ length: number }, (_, index) => inCss(shade(index / (number - 1))));

/** @param {number[]} colour */
const inCss = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

/** @param {number[]} colour */
const packed = ([red, green, blue]) => (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red);

/** @param {number} share */
function shade(share) {
  const place = share * (STOPS.length - 1);
  const index = Math.min(STOPS.length - 2, Math.floor(place));
  return STOPS[index].map((part, channel) => part + (STOPS[index + 1][channel] - part) * (place - index));
}

/**
 * Convert hsl(hue 50% 52%) to RGB.
 *
 * @param {number} hue degrees
 */
function fromHue(hue) {
  const [saturation, lightness] = [0.5, 0.52];
  const spread = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const step = (offset + hue / 30) % 12;
    return 255 * (lightness - spread * Math.max(-1, Math.min(step - 3, 9 - step, 1)));
  });
}
