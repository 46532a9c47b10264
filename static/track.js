/** Track view: glyph, spectrum and the 25 dimensions. */

import { get, messageOf, post } from "./api.js";
import { holdForComparison } from "./compare.js";
import { el, toast } from "./dom.js";
import { bytes, clean, clock, count, counted, decimal, folderOf, moment, nameOf, unitOf, valueOf } from "./format.js";
import { glyph, hueOf, noGlyph } from "./glyph.js";
import { dimensions, inWords } from "./meaning.js";
import { whenItComes } from "./queue.js";
import { fan, inPlace, pulse, scale, spectrum, tile, written } from "./scales.js";
import { head, openAddress, openSheet } from "./sheet.js";
import { similarPanel } from "./similar.js";
import { refreshTracks } from "./tracks.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").AnalysedFile} AnalysedFile */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */

/** Titles of the families in display order. */
export const FAMILIES = {
  frequency: "Frequency",
  dynamics: "Dynamics",
  temporal: "Time",
  spectral: "Timbre",
  harmonic: "Harmony",
  variation: "Variation",
  stereo: "Stereo",
};
/** @type {Record<string, string>} */
const WARNINGS = {
  truncated: "The file ends early; the available part was analysed.",
  decode_errors: "Damaged parts of the file were skipped.",
  header_mismatch: "The header declares another duration than the file contains.",
};
const SOURCES = { sidecar: "read from the sidecar", import: "imported", analysis: "analysed" };

/** @type {File | null} */
let shown = null; // the file in the open sheet, as last shown

/**
 * Open the track with this id.
 *
 * @param {number | string} id
 */
export const openTrack = (id) => openSheet(`track/${id}`, async () => {
  const [file, meaning] = await Promise.all([get(`files/${encodeURIComponent(id)}`), dimensions()]);
  shown = file;
  return content(file, meaning);
});

/**
 * Refresh the sheet if it shows this track. `again` marks a reanalysis, `reason` explains its failure.
 *
 * @param {{id: number, again?: boolean, fingerprint?: Fingerprint, reason?: string}} event
 */
export async function refreshTrack({ id, again, fingerprint, reason }) {
  if (openAddress() !== `track/${id}`) return;
  const before = shown?.fingerprint;
  await openTrack(id);
  if (!again || !before) return;
  if (!fingerprint) return toast(`Reanalysis failed; the earlier values stay valid. ${clean(reason ?? "")}`, "bad");
  const names = /** @type {DimensionName[]} */ (Object.keys(before));
  const others = names.filter((name) => before[name] !== fingerprint[name]).length;
  toast(others ? `Reanalysed: ${counted(others, "value")} changed.` : "Reanalysed: all values are unchanged.");
}

/**
 * @param {File} file
 * @param {DimensionInfo[]} meaning
 */
function content(file, meaning) {
  const top = head(nameOf(file.path), el("p", { class: "path" }, el("bdi", {}, folderOf(file.path))));
  if (!isAnalysed(file)) return [...top, el("div", { class: "portrait" }, noGlyph(file.state), el("div", {}, el("p", {}, why(file)), actions(file)))];
  const print = file.fingerprint;
  const unknown = file.metadata.undefined;
  const hue = hueOf(print);
  const bands = meaning.filter((dimension) => dimension.family === "frequency");
  return [
    ...top,
    el("div", { class: "portrait" },
      glyph(print, { dimensions: meaning, undefinedNames: unknown, label: `Fingerprint glyph of ${nameOf(file.path)}` }),
      el("div", {}, el("p", { class: "words" }, inWords(meaning, print, unknown)), facts(file), notes(file), actions(file))),
    tiles(meaning, print, unknown),
    spectrum(bands, [{ print, unknown, colour: (/** @type {number} */ index) => `hsl(${Math.round(hue + 8 * (index - 3))} 48% 52%)` }]),
    ...Object.entries(FAMILIES).map(([family, title]) => group(title, meaning.filter((one) => one.family === family), print, unknown)),
    ...(file.state === "done" ? [similarPanel(file)] : []),
    el("p", { class: "hint" }, el("a", { href: `files/${encodeURIComponent(file.id)}` }, "View as JSON")),
  ];
}

/**
 * @param {File} file
 * @returns {file is AnalysedFile}
 */
const isAnalysed = (file) => file.fingerprint !== null && file.metadata !== null;

/** @param {File} file */
function why(file) {
  if (file.failure) return `This file could not be analysed: ${clean(file.failure.reason)}`;
  return file.state === "running" ? "This file is being analysed." : "This file is queued.";
}

/** @param {File} file */
function actions(file) {
  /** @type {HTMLButtonElement[]} */
  const buttons = [];
  const button = (/** @type {string} */ text, /** @type {(node: HTMLButtonElement) => void} */ run) => {
    /** @type {HTMLButtonElement} */
    const node = el("button", { type: "button", onclick: () => run(node) }, text);
    buttons.push(node);
  };
  if (file.state === "failed") button("Retry now", (node) => now(node, file.id));
  if (awaited(file)) button("Cancel reanalysis", (node) => ask(node, "cancel", file.id, "Reanalysis cancelled."));
  else if (file.state === "pending" || file.state === "outdated") button("Analyse now", (node) => now(node, file.id));
  if (file.state === "done") button("Reanalyse", (node) => ask(node, "reanalyse", file.id, `${whenItComes()} The current values stay valid until then.`));
  if (file.fingerprint) button("Compare with …", () => holdForComparison(file));
  return el("div", { class: "actions" }, buttons);
}

/**
 * Return true if the file is queued only for a requested reanalysis.
 *
 * @param {File} file
 */
const awaited = (file) => file.state === "outdated" && !file.outdated;

/**
 * @param {HTMLButtonElement} button
 * @param {number} id
 */
const now = (button, id) => ask(button, "prioritise", id, whenItComes());

/**
 * @param {HTMLButtonElement} button
 * @param {"cancel" | "prioritise" | "reanalyse"} address
 * @param {number} id
 * @param {string} done
 */
async function ask(button, address, id, done) {
  button.disabled = true;
  try {
    await post(address, { ids: [id] });
    toast(done);
    await refreshTrack({ id });
    refreshTracks();
  } catch (error) {
    toast(messageOf(error), "bad");
    button.disabled = false;
  }
}

/** @param {AnalysedFile} file */
function facts(file) {
  const { duration_sec: seconds, sample_rate: hertz, channels, format, codec } = file.metadata;
  const sound = [clock(seconds), `${decimal(hertz / 1000)} kHz`, channels === 1 ? "mono" : channels === 2 ? "stereo" : `${count(channels)} channels`];
  const stored = [...new Set([codec, format])].filter(Boolean).map(clean).join(" in ");
  const origin = [file.source ? SOURCES[file.source] : "", file.analysed_at ? moment(file.analysed_at) : ""];
  const rows = [["Audio", sound.join(" · ")], ["File", `${stored} · ${bytes(file.size)}`], ["Result", origin.filter(Boolean).join(", ")]];
  if (file.track_ids.length) rows.push(["Track id", file.track_ids.map(String).join(", ")]);
  return el("dl", { class: "about" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** @param {AnalysedFile} file */
function notes(file) {
  const warnings = file.metadata.warnings.map((code) => WARNINGS[code] ?? clean(code).replaceAll("_", " "));
  if (file.outdated) warnings.unshift("The file has changed, or the values are from an earlier algorithm version; they will be recomputed.");
  if (awaited(file)) warnings.unshift("Reanalysis is queued. The current values stay valid until then.");
  if (file.state === "running") warnings.unshift("Reanalysis is running. The current values stay valid until then.");
  if (file.failure) warnings.unshift(`The last attempt failed: ${clean(file.failure.reason)}`);
  return warnings.map((text) => el("p", { class: "fault small note" }, text));
}

/**
 * Tiles for tempo, loudness, dynamics and stereo width.
 *
 * @param {DimensionInfo[]} meaning
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
function tiles(meaning, print, unknown) {
  const one = /** @type {Record<DimensionName, DimensionInfo>} */ (Object.fromEntries(meaning.map((dimension) => [dimension.name, dimension])));
  const open = (/** @type {DimensionName} */ name) => unknown.includes(name);
  const shown = (/** @type {DimensionName} */ name) => (open(name) ? "–" : valueOf(one[name], print[name]));
  const measure = (/** @type {string} */ title, /** @type {DimensionName} */ name) => tile(title, shown(name), unitOf(one[name]),
    scale(one[name], [{ value: print[name], unknown: open(name) }]), inPlace(one[name], print[name], open(name)));
  const steady = print.rhythm_stability;
  const rhythm = open("tempo_bpm") ? "no tempo" : steady > 0.6 ? "steady pulse" : steady > 0.3 ? "clear pulse" : "loose pulse";
  const [width, phase] = [print.stereo_width, print.phase_correlation];
  const image = open("stereo_width") ? "undefined" : width < 0.005 ? "mono" : phase < 0 ? "out of phase" : inPlace(one.stereo_width, width, false);
  return el("dl", { class: "tiles" },
    tile("Tempo", shown("tempo_bpm"), "BPM", pulse(open("tempo_bpm") ? 0 : print.tempo_bpm, steady), rhythm),
    measure("Loudness", "lufs"), measure("Dynamics (crest)", "crest_db"),
    tile("Stereo width", shown("stereo_width"), "", fan(width, phase), image));
}

/**
 * @param {string} title
 * @param {DimensionInfo[]} members
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
function group(title, members, print, unknown) {
  return el("section", { class: "family" }, el("h3", {}, title),
    el("dl", {}, members.map((dimension) => row(dimension, print[dimension.name], unknown.includes(dimension.name)))));
}

/**
 * @param {DimensionInfo} dimension
 * @param {number} value
 * @param {boolean} unknown
 */
function row(dimension, value, unknown) {
  return el("div", { class: "dimension", title: `${dimension.formula}. ${dimension.source}.` },
    el("dt", {}, dimension.title), el("dd", { class: "value" }, written(dimension, value, unknown)),
    el("dd", { class: "scale" }, scale(dimension, [{ value, unknown }])), el("dd", { class: "hears" }, dimension.hears));
}
