/** Two tracks side by side. */

import { get } from "./api.js";
import { byId, el } from "./dom.js";
import { folderOf, measured, nameOf } from "./format.js";
import { glyph } from "./glyph.js";
import { dimensions, inWords } from "./meaning.js";
import { onScale, scale, spectrum, written } from "./scales.js";
import { head, openSheet } from "./sheet.js";

const CLOSE = 0.04; // of the range: nobody hears that
let held = null; // the track that waits for another

/** Keep a track at hand: the next one opened is compared with it. */
export function holdForComparison(file) {
  held = file;
  const tray = byId("tray");
  tray.replaceChildren(el("span", {}, "Compare ", el("bdi", {}, nameOf(file.path)), " with: choose a track"),
    el("button", { type: "button", class: "quiet", onclick: letGo }, "Not now"));
  tray.hidden = false;
  byId("sheet").close();
}

function letGo() {
  held = null;
  byId("tray").hidden = true;
}

/** The address to go to when the reader opens a track: the track, or the comparison that waits for it. */
export function insteadOf(id) {
  if (held === null || String(held.id) === String(id)) return null;
  const address = `#compare/${held.id}/${id}`;
  letGo();
  return address;
}

/** Open two tracks side by side. */
export const openComparison = (one, two) => openSheet(`compare/${one}/${two}`, async () => {
  const [first, second, meaning] = await Promise.all([...[one, two].map((id) => get(`files/${encodeURIComponent(id)}`)), dimensions()]);
  return content([first, second], meaning);
});

function content(files, meaning) {
  const lacking = files.find((file) => !file.fingerprint);
  if (lacking) return [...head("Two tracks"), el("p", { class: "empty" }, "There is no fingerprint yet of ", el("bdi", {}, nameOf(lacking.path)), ".")];
  const tracks = files.map((file) => ({ file, print: file.fingerprint, unknown: file.metadata?.undefined ?? [] }));
  const colours = ["var(--accent)", "var(--second)"];
  const bands = meaning.filter((dimension) => dimension.family === "frequency");
  const apart = meaning.map((dimension) => ({ dimension, gap: gap(dimension, tracks) }));
  const widest = apart.filter(({ gap: size }) => size > CLOSE).sort((a, b) => b.gap - a.gap).slice(0, 4);
  return [
    ...head("Two tracks"),
    el("div", { class: "pairing" }, tracks.map((track, index) => person(track, index, meaning))),
    el("p", { class: "words" }, widest.length ? `Most unlike in ${list(widest.map(({ dimension }) => dimension.title.toLowerCase()))}.` : "Alike in all 25 numbers."),
    spectrum(bands, tracks.map((track, index) => ({ ...track, colour: () => colours[index] }))),
    el("dl", { class: "comparison" }, meaning.map((dimension) => row(dimension, tracks))),
  ];
}

const list = (words) => new Intl.ListFormat("en", { type: "conjunction" }).format(words);

function gap(dimension, tracks) {
  const [one, two] = tracks.map(({ print, unknown }) => (unknown.includes(dimension.name) ? null : onScale(dimension, print[dimension.name])));
  return one === null || two === null ? 0 : Math.abs(one - two);
}

const person = ({ file, print, unknown }, index, meaning) => el("section", { class: `person ${index ? "second" : "first"}` },
  glyph(print, { dimensions: meaning, undefinedNames: unknown, label: `Drawing of the fingerprint of ${nameOf(file.path)}` }),
  el("h3", {}, el("span", { class: "swatch", "aria-hidden": "true" }), el("a", { href: `#track/${file.id}` }, el("bdi", {}, nameOf(file.path)))),
  el("p", { class: "path" }, el("bdi", {}, folderOf(file.path))),
  el("p", {}, inWords(meaning, print, unknown)));

function row(dimension, tracks) {
  const values = tracks.map(({ print, unknown }) => ({ value: print[dimension.name], unknown: unknown.includes(dimension.name) }));
  const [one, two] = values;
  const apart = one.unknown || two.unknown ? "" : gap(dimension, tracks) <= CLOSE ? "alike" : `${measured(dimension, Math.abs(one.value - two.value))} apart`;
  return el("div", { class: "dimension" },
    el("dt", {}, dimension.title),
    el("dd", { class: "value first" }, written(dimension, one.value, one.unknown)),
    el("dd", { class: "scale" }, scale(dimension, values)),
    el("dd", { class: "value second" }, written(dimension, two.value, two.unknown)),
    el("dd", { class: "hears" }, [dimension.hears, apart].filter(Boolean).join(" · ")));
}
