/** The library view: map and distributions. Loaded on first use. */

import { get } from "./api.js";
import { byId, el, setText } from "./dom.js";
import { clean, counted, decimal, count, folderOf, measured, nameOf, percent } from "./format.js";
import { drawingColours, legendColours, valueColours } from "./colours.js";
import { LibraryMap } from "./map.js";
import { dimensions } from "./meaning.js";
import { fetchPoints } from "./points.js";
import { project } from "./projection.js";
import { showSpread } from "./spread.js";

const FEWEST = 3; // minimum number of tracks
const GROWN = 1.1; // growth factor after which the map is redrawn during a scan
const REST_MS = 60; // delay before the name of a point is fetched

let points = null;
let meaning = [];
let map = null;
let loadedAt = null; // number of fingerprints when the points were loaded
let loading = false;
const names = new Map();

/** Show the library. `done` is the number of fingerprints in the latest status; a change triggers a reload. */
export async function showLibrary(done) {
  if (points && done === loadedAt) return map?.resize();
  if (loading) return;
  loading = true;
  if (!points) tell("Loading the map …");
  try {
    [points, meaning] = await Promise.all([fetchPoints(), dimensions()]);
  } catch (error) {
    map = null;
    tell(error.message, el("button", { type: "button", onclick: () => showLibrary(done) }, "Retry"));
    return;
  } finally {
    loading = false;
  }
  loadedAt = done ?? points.count;
  if (points.count < FEWEST) {
    map = null;
    tell("The map needs at least three analysed tracks.");
    byId("spread").replaceChildren();
    return;
  }
  draw();
}

/** Redraw the visible map when it becomes possible, after enough growth, and at the end of a scan. */
export function growLibrary({ counts: { done }, state }) {
  if (loadedAt === null || done === loadedAt) return;
  if (points.count < FEWEST || state !== "working" || done > GROWN * loadedAt) showLibrary(done);
}

function tell(text, ...rest) {
  byId("map").replaceChildren(el("p", { class: "empty", role: "status" }, text), ...rest);
}

function draw() {
  map ??= new LibraryMap(byId("map"), { describe, open: (index) => {
    location.hash = `#track/${points.ids[index]}`;
  } });
  fillColours();
  const { x, y, axes } = project(points, meaning);
  map.show(points, x, y, colours(), byId("map-colour").value === "");
  showAxes(axes);
  const share = percent(100 * (axes[0].share + axes[1].share));
  setText(byId("map-hint"), `${counted(points.count, "track")}. Similar tracks are close together. The two axes are principal components and explain ${share} of the variance.`);
  showSpread(byId("spread"), points, meaning);
}

function fillColours() {
  const select = byId("map-colour");
  if (select.options.length) return;
  select.append(el("option", { value: "" }, "Colour as glyphs"), ...meaning.map((one) => el("option", { value: one.name }, `Colour by ${one.title.toLowerCase()}`)));
  select.addEventListener("change", () => map?.recolour(colours(), select.value === ""));
}

function colours() {
  const name = byId("map-colour").value;
  document.querySelector(".legend")?.remove();
  if (!name) return drawingColours(points);
  const dimension = meaning.find((one) => one.name === name);
  const { colours: found, low, high } = valueColours(points.columns[name]);
  byId("map").append(el("p", { class: "legend" }, el("span", {}, measured(dimension, low)),
    el("span", { class: "ramp", "aria-hidden": "true" }, legendColours(12).map((colour) => el("i", { "--colour": colour }))), el("span", {}, measured(dimension, high))));
  return found;
}

function showAxes(axes) {
  const title = (name) => meaning.find((one) => one.name === name).title.toLowerCase();
  const [across, up] = axes;
  const ends = [["← more ", across.low, ""], ["more ", across.high, " →"], ["↑ more ", up.high, ""], ["more ", up.low, " ↓"]];
  map.axes.replaceChildren(...ends.map(([before, names, behind]) => el("span", {}, names.length ? `${before}${names.map(title).join(", ")}${behind}` : "")));
}

/** Describe a point by name, folder, tempo and loudness; the name is fetched after a delay. */
async function describe(index) {
  const id = points.ids[index];
  const facts = `${count(points.columns.tempo_bpm[index])} BPM · ${decimal(points.columns.lufs[index])} LUFS`;
  if (!names.has(id)) {
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (map.selected !== index) return facts;
    try {
      names.set(id, (await get(`files/${id}`)).path);
    } catch {
      return facts;
    }
  }
  const path = names.get(id);
  return `${nameOf(path)}\n${clean(folderOf(path)).split(/[/\\]/).pop()}\n${facts}`;
}
