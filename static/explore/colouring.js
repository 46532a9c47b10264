/** Colours of the points of the map by a number or a tag, with a legend. */

import { drawingColours, legendColours, paletteColours, valueColours } from "../colours.js";
import { el } from "../dom.js";
import { measured } from "../format.js";
import { t } from "../i18n.js";
import { fetchTag } from "../points.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../types.d.ts").Library} Library */
/** @typedef {{colours: Uint32Array, legend: Node[], pictured: boolean}} Colouring */

/** Tags that a map can be coloured by. */
export const TAGS = /** @type {const} */ (["genre", "artist", "album", "year"]);
const NAMED = 8; // values of a tag with a colour of their own

/**
 * Fill the choice of colours.
 *
 * @param {HTMLSelectElement} select
 * @param {DimensionInfo[]} meaning
 */
export function fillChoice(select, meaning) {
  const option = (/** @type {string} */ value, /** @type {string} */ text) => el("option", { value }, text);
  select.replaceChildren(option("", t("map.as-glyphs")),
    el("optgroup", { label: t("explore.colour.tags") }, TAGS.map((tag) => option(tag, t(`tag.${tag}`)))),
    el("optgroup", { label: t("explore.colour.numbers") }, meaning.map((one) => option(one.name, one.title))));
}

/**
 * Return the colours of all points by a tag or a dimension; by the colour of the glyphs for any other name.
 *
 * @param {Library} points
 * @param {DimensionInfo[]} meaning
 * @param {string} by
 * @returns {Promise<Colouring>}
 */
export async function colouring(points, meaning, by) {
  const dimension = meaning.find((one) => one.name === by);
  if (dimension) return byNumber(points.columns[dimension.name], (value) => measured(dimension, value));
  const tag = TAGS.find((one) => one === by);
  if (!tag) return { colours: drawingColours(points), legend: [el("p", { class: "legend" }, t("explore.colour.glyphs"))], pictured: true };
  const values = await fetchTag(points, tag);
  if (tag === "year") return byNumber(Float32Array.from(values, (value) => (value === null ? NaN : Number(value))), String);
  return byValue(values);
}

/**
 * @param {Float32Array} column
 * @param {(value: number) => string} written
 * @returns {Colouring}
 */
function byNumber(column, written) {
  const { colours, low, high, lacking } = valueColours(column);
  if (!Number.isFinite(low)) return { colours, legend: [nothing()], pictured: false };
  const ramp = el("span", { class: "ramp", "aria-hidden": "true" }, legendColours(12).map((colour) => el("i", { "--colour": colour })));
  const rest = lacking ? [el("span", { class: "swatches" }, swatch(paletteColours(0).other, t("explore.colour.unknown", { count: lacking })))] : [];
  return { colours, legend: [el("p", { class: "legend" }, el("span", {}, written(low)), ramp, el("span", {}, written(high)), ...rest)], pictured: false };
}

/**
 * Colour the most frequent values; the others share a grey.
 *
 * @param {(string | null)[]} values
 * @returns {Colouring}
 */
function byValue(values) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts].sort((one, two) => two[1] - one[1]).slice(0, NAMED).map(([value]) => value);
  const palette = paletteColours(frequent.length);
  const places = new Map(frequent.map((value, index) => [value, index]));
  const rest = values.length - frequent.reduce((sum, value) => sum + (counts.get(value) ?? 0), 0);
  const colours = Uint32Array.from(values, (value) => palette.packed[places.get(value ?? "") ?? frequent.length]);
  if (!frequent.length) return { colours, legend: [nothing()], pictured: false };
  const legend = frequent.map((value, index) => swatch(palette.css[index], t("explore.colour.value", { name: value, count: counts.get(value) ?? 0 })));
  if (rest) legend.push(swatch(palette.other, t("explore.colour.others", { count: rest })));
  return { colours, legend: [el("ul", { class: "legend swatches plain" }, legend.map((node) => el("li", {}, node)))], pictured: false };
}

/**
 * @param {string} colour
 * @param {string} text
 */
const swatch = (colour, text) => el("span", { class: "swatch-entry" }, el("i", { class: "swatch", "--colour": colour, "aria-hidden": "true" }), el("bdi", {}, text));

const nothing = () => el("p", { class: "legend" }, t("explore.colour.none"));
