/** Side-by-side comparison of two tracks. */

import { get } from "./api.js";
import { byId, dialogById, el } from "./dom.js";
import { folderOf, measured, nameOf } from "./format.js";
import { glyph } from "./glyph.js";
import { dimensions, inWords } from "./meaning.js";
import { onScale, scale, spectrum, written } from "./scales.js";
import { head, openSheet } from "./sheet.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {{file: File, print: Fingerprint, unknown: DimensionName[]}} Track */

const CLOSE = 0.04; // share of the scale below which a difference is inaudible
/** @type {File | null} */
let held = null; // the first track of a comparison

/**
 * Select the first track; the next track opened is compared with it.
 *
 * @param {File} file
 */
export function holdForComparison(file) {
  held = file;
  const tray = byId("tray");
  tray.replaceChildren(el("span", {}, "Compare ", el("bdi", {}, nameOf(file.path)), " with: choose a track"),
    el("button", { type: "button", class: "quiet", onclick: letGo }, "Cancel"));
  tray.hidden = false;
  dialogById("sheet").close();
}

function letGo() {
  held = null;
  byId("tray").hidden = true;
}

/**
 * Return the comparison address for the track being opened, or null if no comparison is pending.
 *
 * @param {string} id
 */
export function insteadOf(id) {
  if (held === null || String(held.id) === String(id)) return null;
  const address = `#compare/${held.id}/${id}`;
  letGo();
  return address;
}

/**
 * Open the comparison of two tracks.
 *
 * @param {string} one
 * @param {string} two
 */
export const openComparison = (one, two) => openSheet(`compare/${one}/${two}`, async () => {
  const files = Promise.all([one, two].map((id) => get(`files/${encodeURIComponent(id)}`)));
  return content(await files, await dimensions());
});

/**
 * @param {File[]} files
 * @param {DimensionInfo[]} meaning
 */
function content(files, meaning) {
  const lacking = files.find((file) => !file.fingerprint);
  if (lacking) return [...head("Comparison"), el("p", { class: "empty" }, "No fingerprint yet for ", el("bdi", {}, nameOf(lacking.path)), ".")];
  const tracks = files.flatMap((file) => (file.fingerprint ? [{ file, print: file.fingerprint, unknown: file.metadata?.undefined ?? [] }] : []));
  const colours = ["var(--accent)", "var(--second)"];
  const bands = meaning.filter((dimension) => dimension.family === "frequency");
  const apart = meaning.map((dimension) => ({ dimension, gap: gap(dimension, tracks) }));
  const widest = apart.filter(({ gap: size }) => size > CLOSE).sort((a, b) => b.gap - a.gap).slice(0, 4);
  return [
    ...head("Comparison"),
    el("div", { class: "pairing" }, tracks.map((track, index) => person(track, index, meaning))),
    el("p", { class: "words" }, widest.length ? `Largest differences: ${list(widest.map(({ dimension }) => dimension.title.toLowerCase()))}.` : "No audible difference in any dimension."),
    spectrum(bands, tracks.map((track, index) => ({ ...track, colour: () => colours[index] }))),
    el("dl", { class: "comparison" }, meaning.map((dimension) => row(dimension, tracks))),
  ];
}

/** @param {string[]} words */
const list = (words) => new Intl.ListFormat("en", { type: "conjunction" }).format(words);

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
  glyph(print, { dimensions: meaning, undefinedNames: unknown, label: `Fingerprint glyph of ${nameOf(file.path)}` }),
  el("h3", {}, el("span", { class: "swatch", "aria-hidden": "true" }), el("a", { href: `#track/${file.id}` }, el("bdi", {}, nameOf(file.path)))),
  el("p", { class: "path" }, el("bdi", {}, folderOf(file.path))),
  el("p", {}, inWords(meaning, print, unknown)));

/**
 * @param {DimensionInfo} dimension
 * @param {Track[]} tracks
 */
function row(dimension, tracks) {
  const values = tracks.map(({ print, unknown }) => ({ value: print[dimension.name], unknown: unknown.includes(dimension.name) }));
  const [one, two] = values;
  const apart = one.unknown || two.unknown ? "" : gap(dimension, tracks) <= CLOSE ? "equal" : `difference ${measured(dimension, Math.abs(one.value - two.value))}`;
  return el("div", { class: "dimension" },
    el("dt", {}, dimension.title),
    el("dd", { class: "value first" }, written(dimension, one.value, one.unknown)),
    el("dd", { class: "scale" }, scale(dimension, values)),
    el("dd", { class: "value second" }, written(dimension, two.value, two.unknown)),
    el("dd", { class: "hears" }, [dimension.hears, apart].filter(Boolean).join(" · ")));
}
