/** Explore: the map of the library and the distributions of the dimensions. */

import { get, messageOf } from "../api.js";
import { byId, el, selectById, setText } from "../dom.js";
import { clean, decimal, count, folderOf, measured, nameOf, percent } from "../format.js";
import { drawingColours, legendColours, valueColours } from "../colours.js";
import { t } from "../i18n.js";
import { LibraryMap } from "../map.js";
import { dimensions } from "../meaning.js";
import { viewHeading } from "../parts.js";
import { fetchPoints } from "../points.js";
import { project } from "../projection.js";
import { address } from "../router.js";
import { showSpread } from "../spread.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../types.d.ts").Axis} Axis */
/** @typedef {import("../types.d.ts").DimensionName} DimensionName */
/** @typedef {import("../types.d.ts").Library} Library */

const FEWEST = 3; // minimum number of tracks
const GROWN = 1.1; // growth factor after which the map is redrawn during a scan
const REST_MS = 60; // delay before the name of a point is fetched

/** @type {Library | null} */
let points = null;
/** @type {DimensionInfo[]} */
let meaning = [];
/** @type {LibraryMap | null} */
let map = null;
/** @type {number | null} */
let loadedAt = null; // number of fingerprints when the points were loaded
let loading = false;
/** @type {Map<number, string>} */
const names = new Map();

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  root.append(viewHeading(t("nav.explore")),
    el("section", { class: "card", id: "map-section", "aria-labelledby": "map-title" },
      el("div", { class: "heading" }, el("div", {}, el("h2", { id: "map-title" }, t("map.title")), el("p", { class: "hint", id: "map-hint" }, t("map.near"))),
        el("div", { class: "field map-colour" }, el("select", { id: "map-colour", "aria-label": t("map.colour") }))),
      el("div", { id: "map" })),
    el("section", { class: "card", "aria-labelledby": "spread-title" },
      el("h2", { id: "spread-title" }, t("spread.title")), el("p", { class: "hint" }, t("spread.hint")), el("div", { id: "spread", class: "spread" })));
  map = null;
  points = null;
  return {
    show: () => showLibrary(page.status?.counts.done ?? null),
    status: growLibrary,
    reconnected: () => showLibrary(page.status?.counts.done ?? null),
  };
}

/**
 * Show the library. `done` is the number of fingerprints in the latest status; a change triggers a reload.
 *
 * @param {number | null} done
 */
async function showLibrary(done) {
  if (points && done === loadedAt) return map?.resize();
  if (loading) return;
  loading = true;
  if (!points) tell(t("loading"));
  try {
    [points, meaning] = await Promise.all([fetchPoints(points), dimensions()]);
  } catch (error) {
    map = null;
    tell(messageOf(error), el("button", { type: "button", onclick: () => showLibrary(done) }, t("retry")));
    return;
  } finally {
    loading = false;
  }
  loadedAt = done ?? points.count;
  if (points.count < FEWEST) {
    map = null;
    tell(t("map.few"));
    byId("spread").replaceChildren();
    return;
  }
  draw(points);
}

/**
 * Redraw the visible map when it becomes possible, after enough growth, and at the end of a scan.
 *
 * @param {import("../fingerprint.d.ts").Status} status
 */
function growLibrary({ counts: { done }, state }) {
  if (!points || loadedAt === null || done === loadedAt) return;
  if (points.count < FEWEST || state !== "working" || done > GROWN * loadedAt) showLibrary(done);
}

/**
 * @param {string} text
 * @param {HTMLElement[]} rest
 */
function tell(text, ...rest) {
  byId("map").replaceChildren(el("p", { class: "empty", role: "status" }, text), ...rest);
}

/** @param {Library} points */
function draw(points) {
  map ??= new LibraryMap(byId("map"), { describe, open });
  fillColours();
  const { x, y, axes } = project(points, meaning);
  map.show(points, x, y, colours(points), selectById("map-colour").value === "");
  showAxes(map, axes);
  const share = percent(100 * (axes[0].share + axes[1].share));
  setText(byId("map-hint"), [t("count.tracks", { count: points.count }), t("map.near"), t("map.axes", { share })].join(" · "));
  showSpread(byId("spread"), points, meaning);
}

/** @param {number} index */
function open(index) {
  if (points) location.hash = address("track", [points.ids[index]]);
}

function fillColours() {
  const select = selectById("map-colour");
  if (select.options.length) return;
  select.append(el("option", { value: "" }, t("map.as-glyphs")), ...meaning.map((one) => el("option", { value: one.name }, t("map.by", { name: one.title }))));
  select.addEventListener("change", () => points && map?.recolour(colours(points), select.value === ""));
}

/** @param {Library} points */
function colours(points) {
  const name = selectById("map-colour").value;
  document.querySelector(".legend")?.remove();
  const dimension = meaning.find((one) => one.name === name);
  if (!dimension) return drawingColours(points);
  const { colours: found, low, high } = valueColours(points.columns[dimension.name]);
  byId("map").append(el("p", { class: "legend" }, el("span", {}, measured(dimension, low)),
    el("span", { class: "ramp", "aria-hidden": "true" }, legendColours(12).map((colour) => el("i", { "--colour": colour }))), el("span", {}, measured(dimension, high))));
  return found;
}

/**
 * @param {LibraryMap} map
 * @param {Axis[]} axes
 */
function showAxes(map, axes) {
  const title = (/** @type {DimensionName} */ name) => meaning.find((one) => one.name === name)?.title ?? name;
  const [across, up] = axes;
  /** @type {[import("../i18n.js").Key, DimensionName[]][]} */
  const ends = [["map.left", across.low], ["map.right", across.high], ["map.up", up.high], ["map.down", up.low]];
  map.axes.replaceChildren(...ends.map(([key, names]) => el("span", {}, names.length ? t(key, { names: names.map(title).join(", ") }) : "")));
}

/**
 * Describe a point by name, folder, tempo and loudness; the name is fetched after a delay.
 *
 * @param {number} index
 */
async function describe(index) {
  if (!points) return "";
  const id = points.ids[index];
  const facts = `${count(points.columns.tempo_bpm[index])} BPM · ${decimal(points.columns.lufs[index])} LUFS`;
  let path = names.get(id);
  if (path === undefined) {
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (map?.selected !== index) return facts;
    try {
      path = (await get(`files/${id}`)).path;
      names.set(id, path);
    } catch {
      return facts;
    }
  }
  return `${nameOf(path)}\n${clean(folderOf(path)).split(/[/\\]/).pop()}\n${facts}`;
}
