/** Side-by-side comparison of two tracks. */

import { get } from "../api.js";
import { el } from "../dom.js";
import { measured } from "../format.js";
import { backLink } from "../frame.js";
import { glyph } from "../glyph.js";
import { listed, rich, t } from "../i18n.js";
import { dimensions, inWords } from "../meaning.js";
import { byline, titleOf } from "../music.js";
import { viewHeading } from "../parts.js";
import { address } from "../router.js";
import { onScale, scale, spectrum, written } from "../scales.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("../types.d.ts").DimensionName} DimensionName */
/** @typedef {{file: File, print: Fingerprint, unknown: DimensionName[]}} Track */

const CLOSE = 0.04; // share of the scale below which a difference is inaudible
/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export const mount = (root, page) => ({
  async show({ path }) {
    const files = await Promise.all(path.slice(0, 2).map((id) => get(`files/${encodeURIComponent(id)}`)));
    page.title(t("nav.compare"));
    root.replaceChildren(backLink(), el("section", { class: "card" }, ...content(files, await dimensions())));
  },
});

/**
 * @param {File[]} files
 * @param {DimensionInfo[]} meaning
 */
function content(files, meaning) {
  const lacking = files.find((file) => !file.fingerprint);
  if (lacking) return [viewHeading(t("nav.compare")), el("p", { class: "empty" }, ...rich("compare.lacking", { name: el("bdi", {}, titleOf(lacking)) }))];
  const tracks = files.flatMap((file) => (file.fingerprint ? [{ file, print: file.fingerprint, unknown: file.metadata?.undefined ?? [] }] : []));
  const colours = ["var(--accent)", "var(--second)"];
  const bands = meaning.filter((dimension) => dimension.family === "frequency");
  const apart = meaning.map((dimension) => ({ dimension, gap: gap(dimension, tracks) }));
  const widest = apart.filter(({ gap: size }) => size > CLOSE).sort((a, b) => b.gap - a.gap).slice(0, 4);
  return [
    viewHeading(t("nav.compare")),
    el("div", { class: "pairing" }, tracks.map((track, index) => person(track, index, meaning))),
    el("p", { class: "words" }, widest.length ? t("compare.largest", { names: listed(widest.map(({ dimension }) => dimension.title)) }) : t("compare.none")),
    spectrum(bands, tracks.map((track, index) => ({ ...track, colour: () => colours[index] }))),
    el("dl", { class: "comparison" }, meaning.map((dimension) => row(dimension, tracks))),
  ];
}

/**
 * @param {DimensionInfo} dimension
 * @param {Track[]} tracks
 */
function gap(dimension, tracks) {
  const [one, two] = tracks.map(({ print, unknown }) => (unknown.includes(dimension.name) ? null : onScale(dimension, print[dimension.name])));
  return one === null || two === null ? 0 : Math.abs(one - two);
}

/**
 * @param {Track} track
 * @param {number} index
 * @param {DimensionInfo[]} meaning
 */
const person = ({ file, print, unknown }, index, meaning) => el("section", { class: `person ${index ? "second" : "first"}` },
  glyph(print, { dimensions: meaning, undefinedNames: unknown, label: t("glyph.of", { name: titleOf(file) }) }),
  el("h2", {}, el("span", { class: "swatch", "aria-hidden": "true" }), el("a", { href: address("track", [file.id]) }, el("bdi", {}, titleOf(file)))),
  el("p", { class: "path" }, el("bdi", {}, byline(file))),
  el("p", {}, inWords(meaning, print, unknown)));

/**
 * @param {DimensionInfo} dimension
 * @param {Track[]} tracks
 */
function row(dimension, tracks) {
  const values = tracks.map(({ print, unknown }) => ({ value: print[dimension.name], unknown: unknown.includes(dimension.name) }));
  const [one, two] = values;
  const apart = one.unknown || two.unknown ? "" : gap(dimension, tracks) <= CLOSE ? t("compare.equal") : t("compare.difference", { value: measured(dimension, Math.abs(one.value - two.value)) });
  return el("div", { class: "dimension" },
    el("dt", {}, dimension.title),
    el("dd", { class: "value first" }, written(dimension, one.value, one.unknown)),
    el("dd", { class: "scale" }, scale(dimension, values)),
    el("dd", { class: "value second" }, written(dimension, two.value, two.unknown)),
    el("dd", { class: "hears" }, [dimension.hears, apart].filter(Boolean).join(" · ")));
}
