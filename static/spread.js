/** Histograms of the 25 dimensions over the library. */

import { el, reconcile, setText, svg, within } from "./dom.js";
import { measured } from "./format.js";
import { t } from "./i18n.js";
import { FAMILIES } from "./meaning.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */

const [FEWEST, MOST, WIDTH, TALL] = [10, 36, 216, 64]; // minimum and maximum number of bins; chart size
const TAIL = 0.02; // share of the values clipped at each end

/**
 * Show the histograms of `points` in a container.
 *
 * @param {HTMLElement} container
 * @param {import("./types.d.ts").Library} points
 * @param {DimensionInfo[]} meaning
 */
export function showSpread(container, points, meaning) {
  const families = FAMILIES.map((family) => ({ title: t(`family.${family}`), members: meaning.filter((one) => one.family === family) }));
  reconcile(container, families, ({ title }) => title, ({ title }) => el("section", { class: "family" }, el("h3", {}, title), el("ul", { class: "plain histograms" })),
    (node, { members }) => reconcile(within(node, "ul"), members, (one) => one.name, create, (item, one) => update(item, one, points.columns[one.name])));
}

/** @param {DimensionInfo} dimension */
const create = (dimension) => el("li", {}, el("a", { href: address("library", ["tracks"], { sort: dimension.name }), title: `${dimension.hears}. ${t("spread.sorts")}` },
  el("span", { class: "line" }, el("span", { title: dimension.title }, dimension.title), " ", el("strong")), el("span", { class: "visually-hidden" }, t("spread.from")), el("span", { class: "chart" }), el("span", { class: "line hint" }, el("span", { class: "low" }), el("span", { class: "visually-hidden" }, t("spread.to")), el("span", { class: "high" }))));

/**
 * @param {HTMLElement} node
 * @param {DimensionInfo} dimension
 * @param {Float32Array} column
 */
function update(node, dimension, column) {
  const { bins, low, high, middle } = histogram(column, dimension);
  if (middle === undefined) { // undefined for every track
    setText(within(node, "strong"), t("undefined"));
    for (const part of [".low", ".high", ".chart"]) within(node, part).replaceChildren();
    return;
  }
  setText(within(node, "strong"), measured(dimension, middle));
  setText(within(node, ".low"), measured(dimension, low));
  setText(within(node, ".high"), measured(dimension, high));
  const x = (/** @type {number} */ value) => WIDTH * Math.min(1, Math.max(0, (value - low) / (high - low)));
  const most = Math.max(...bins);
  const [from, to] = dimension.typical.map(x);
  within(node, ".chart").replaceChildren(svg("svg", { viewBox: `0 0 ${WIDTH} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "usual", x: from, width: Math.max(1, to - from), y: 0, height: TALL }),
    bins.map((number, index) => number > 0 && svg("rect", {
      class: "bin", x: (WIDTH * index) / bins.length + 0.5, width: WIDTH / bins.length - 1, y: TALL - Math.max(1.5, ((TALL - 4) * number) / most), height: Math.max(1.5, ((TALL - 4) * number) / most),
    })),
    svg("line", { class: "middle", x1: x(middle), x2: x(middle), y1: 0, y2: TALL })));
}

/**
 * Return bin counts and the median.
 *
 * @param {Float32Array} column
 * @param {DimensionInfo} dimension
 */
function histogram(column, { low: least, high: greatest }) {
  const sorted = column.filter((value) => !Number.isNaN(value)).sort();
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  let [low, high] = [at(TAIL), at(1 - TAIL)];
  if (high - low < 1e-3 * (greatest - least)) [low, high] = [Math.max(least, low - 0.05 * (greatest - least)), Math.min(greatest, high + 0.05 * (greatest - least))];
  const number = Math.min(MOST, Math.max(FEWEST, Math.round(Math.sqrt(sorted.length))));
  const bins = new Array(number).fill(0);
  for (const value of sorted) bins[Math.min(number - 1, Math.max(0, Math.floor((number * (value - low)) / (high - low))))] += 1;
  return { bins, low, high, middle: at(0.5) };
}
