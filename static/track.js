/** One track in full: its drawing, its spectrum, its 25 numbers and what they mean. */

import { get } from "./api.js";
import { byId, el, svg } from "./dom.js";
import { bytes, clean, clock, count, decimal, folderOf, measured, moment, nameOf, unitOf, valueOf } from "./format.js";
import { glyph, hueOf, noGlyph, place } from "./glyph.js";

const FAMILIES = {
  frequency: "Frequency",
  dynamics: "Dynamics",
  temporal: "Time",
  spectral: "Timbre",
  harmonic: "Harmony",
  variation: "Variation",
  stereo: "Stereo",
};
const WARNINGS = {
  truncated: "The file ends early; what is there was measured.",
  decode_errors: "Parts of the file are damaged and were left out.",
  header_mismatch: "The file's header promises another length than it holds.",
};
const SOURCES = { sidecar: "read from the file beside the music", import: "imported", analysis: "measured here" };
const EDGES = ["20", "60", "250", "500", "2k", "4k", "6k", "20k"]; // Hz, where the seven bands meet

let described = null;
let openId = null;

async function dimensions() {
  described ??= (await get("dimensions")).dimensions;
  return described;
}

/** Open the track with that id. */
export async function openTrack(id) {
  const sheet = byId("track");
  const again = openId === id && sheet.open;
  openId = id;
  if (!again) sheet.replaceChildren(header("Loading …"), el("p", { class: "hint", role: "status" }, "Fetching the numbers."));
  if (!sheet.open) sheet.showModal();
  try {
    const [file, meaning] = await Promise.all([get(`files/${encodeURIComponent(id)}`), dimensions()]);
    if (openId !== id) return;
    sheet.replaceChildren(...content(file, meaning));
  } catch (error) {
    if (openId !== id) return;
    sheet.replaceChildren(header("Not found"), el("p", { class: "empty" }, error.message));
  }
  sheet.querySelector(".close").focus({ preventScroll: true });
}

/** Close the track that is open. */
export function closeTrack() {
  openId = null;
  byId("track").close();
}

/** If that track is open, show its newest numbers. */
export const refreshTrack = (id) => String(id) === String(openId) && openTrack(openId);

/** Make closing work; `left` is called when the reader closes the sheet. */
export function setUpTrack(left) {
  const sheet = byId("track");
  sheet.addEventListener("close", () => {
    if (openId !== null) left();
    openId = null;
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}

const header = (title, ...rest) => el("header", { class: "sheet-head" },
  el("div", {}, el("h2", { id: "track-title" }, el("bdi", {}, title)), ...rest),
  el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => byId("track").close() }, "×"));

function content(file, meaning) {
  const head = header(nameOf(file.path), el("p", { class: "path" }, el("bdi", {}, folderOf(file.path))));
  const print = file.fingerprint;
  if (!print) return [head, el("div", { class: "portrait" }, noGlyph(file.state)), el("p", { class: "empty" }, why(file))];
  const unknown = file.metadata?.undefined ?? [];
  const label = `Drawing of the fingerprint of ${nameOf(file.path)}`;
  return [
    head,
    el("div", { class: "portrait" },
      glyph(print, { dimensions: meaning, undefinedNames: unknown, label }),
      el("div", {}, facts(file), notes(file))),
    spectrum(print, meaning.filter((dimension) => dimension.family === "frequency"), unknown),
    ...Object.entries(FAMILIES).map(([family, title]) => group(title, meaning.filter((one) => one.family === family), print, unknown)),
    el("p", { class: "hint" }, el("a", { href: `files/${encodeURIComponent(file.id)}` }, "The same as JSON")),
  ];
}

function why(file) {
  if (file.failure) return `This file could not be used: ${clean(file.failure.reason)}`;
  return file.state === "running" ? "This file is being listened to right now." : "This file waits for its turn.";
}

function facts(file) {
  const { duration_sec: seconds, sample_rate: hertz, channels, format, codec } = file.metadata;
  const sound = [clock(seconds), `${decimal(hertz / 1000)} kHz`, { 1: "mono", 2: "stereo" }[channels] ?? `${count(channels)} channels`];
  const stored = [...new Set([codec, format])].filter(Boolean).map(clean).join(" in ");
  const origin = [`${SOURCES[file.source] ?? clean(file.source ?? "")}`, file.analysed_at ? moment(file.analysed_at) : ""];
  const rows = [["Sound", sound.join(" · ")], ["File", `${stored} · ${bytes(file.size)}`], ["Numbers", origin.filter(Boolean).join(", ")]];
  if (file.track_ids.length) rows.push(["Track id", file.track_ids.map(String).join(", ")]);
  return el("dl", { class: "about" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function notes(file) {
  const warnings = (file.metadata.warnings ?? []).map((code) => WARNINGS[code] ?? clean(code).replaceAll("_", " "));
  if (file.outdated) warnings.unshift("The file has changed since, or the numbers come from an older version; they will be measured again.");
  if (file.failure) warnings.unshift(`The last attempt failed: ${clean(file.failure.reason)}`);
  return warnings.map((text) => el("p", { class: "fault small note" }, text));
}

function spectrum(print, bands, unknown) {
  const [left, width, floor, tall] = [4, 52, 112, 96];
  const most = Math.max(40, ...bands.map((band) => print[band.name]), ...bands.map((band) => band.typical[1]));
  const y = (percent) => floor - (tall * percent) / most;
  const hue = hueOf(print);
  const columns = bands.flatMap((band, index) => {
    const x = left + index * width;
    const value = unknown.includes(band.name) ? 0 : print[band.name];
    return [
      svg("rect", { class: "typical", x: x + 4, width: width - 8, y: y(band.typical[1]), height: y(band.typical[0]) - y(band.typical[1]), rx: 3 }),
      svg("rect", { x: x + 14, width: width - 28, y: y(value), height: floor - y(value), rx: 3, fill: `hsl(${Math.round(hue + 8 * (index - 3))} 48% 52%)` }),
      svg("text", { class: "figure", x: x + width / 2, y: Math.max(11, y(value) - 5), "text-anchor": "middle" }, valueOf(band, print[band.name])),
    ];
  });
  const ticks = EDGES.map((edge, index) => svg("text", { x: left + index * width, y: floor + 15, "text-anchor": "middle" }, edge));
  const said = bands.map((band) => `${band.title} ${measured(band, print[band.name])}`).join(", ");
  return el("figure", { class: "spectrum" },
    svg("svg", { viewBox: `-8 0 ${2 * left + 7 * width + 16} 132`, role: "img", "aria-label": `Spectrum: ${said}` },
      columns, svg("line", { class: "axis", x1: left, x2: left + 7 * width, y1: floor + 0.5, y2: floor + 0.5 }), ticks),
    el("figcaption", {}, "Percent of the energy between these frequencies (Hz). The shaded fields show where most music lies."));
}

function group(title, members, print, unknown) {
  return el("section", { class: "family" }, el("h3", {}, title),
    el("dl", {}, members.map((dimension) => row(dimension, print[dimension.name], unknown.includes(dimension.name)))));
}

function row(dimension, value, unknown) {
  const shown = unknown ? [el("em", {}, "undefined")] : [el("strong", {}, valueOf(dimension, value)), " ", unitOf(dimension)];
  return el("div", { class: "dimension", title: `${dimension.formula}. ${dimension.source}.` },
    el("dt", {}, dimension.title), el("dd", { class: "value" }, shown),
    el("dd", { class: "scale" }, range(dimension, value, unknown)), el("dd", { class: "hears" }, dimension.hears));
}

function range(dimension, value, unknown) {
  const [low, high] = dimension.typical;
  const where = unknown ? "undefined for this track" : value < low ? "below what is usual" : value > high ? "above what is usual" : "usual";
  const usual = `${measured(dimension, low)} to ${measured(dimension, high)}`;
  return el("div", {
    class: "range", role: "img", "aria-label": `${where}; usual is ${usual}`, title: `usual: ${usual}`,
    "--from": place(dimension, low), "--to": place(dimension, high), "--at": place(dimension, value),
  }, el("span", { class: "usual" }), !unknown && el("span", { class: "mark" }));
}
