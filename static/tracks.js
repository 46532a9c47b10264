/** The track list: search, filter, sort, incremental loading. */

import { get, messageOf } from "./api.js";
import { atMostEvery, buttonById, byId, el, inputById, selectById, setAttribute, setText, within } from "./dom.js";
import { clean, clock, count, decimal, measured } from "./format.js";
import { byline, cover, titleOf } from "./music.js";
import { glyph, noGlyph } from "./glyph.js";
import { dimensions } from "./meaning.js";
import { currentView } from "./views.js";
import { virtualList } from "./virtual.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").File} File */

const PAGE = 60;
const MOST = 500; // maximum page size
const TYPING_MS = 250;
/** @type {Partial<Record<File["state"], string>>} */
const STATES = { pending: "queued", running: "running", failed: "failed", outdated: "outdated" };
const ORDERS = [["", "By folder"], ["name", "By name"], ["analysed_at", "By time of analysis"], ["duration_sec", "By length"]];

/** @type {File[]} */
let items = [];
/** @type {string | null} */
let next = null;
let asked = 0; // number of the latest request; responses to earlier ones are ignored
let loading = false;
/** @type {{show(items: File[]): void} | null} */
let list = null;
let matching = 0; // files that match, loaded or not
/** @type {DimensionInfo[]} */
let meaning = []; // the 25 dimensions, once loaded

/** Reload the loaded part of the list if the view is visible. */
export const refreshTracks = atMostEvery(2000, () => {
  if (currentView() === "tracks" && !loading) load(Math.min(MOST, Math.max(PAGE, items.length)));
});

/**
 * Show the tracks; `#tracks/failed` filters by state, `#tracks/sort/lufs` sorts.
 *
 * @param {string[]} rest
 */
export async function showTracks([wanted = "", order = ""]) {
  await fillOrders();
  const filter = selectById("filter");
  if (wanted === "sort") choose(selectById("order"), order);
  else if (wanted || items.length === 0) choose(filter, wanted);
  restart();
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
function choose(select, value) {
  select.value = [...select.options].some((option) => option.value === value) ? value : "";
}

async function fillOrders() {
  const select = selectById("order");
  if (select.options.length > ORDERS.length) return;
  try {
    meaning = await dimensions();
  } catch {
    meaning = [];
  }
  const options = [...ORDERS, ...meaning.map((one) => [one.name, `By ${one.title.toLowerCase()}`])];
  const kept = select.value;
  select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  choose(select, kept);
}

/** Set up search, filter, order and scrolling. */
export function setUpTracks() {
  list = virtualList(byId("track-list"), { create, update, key: (item) => item.id, more });
  /** @type {ReturnType<typeof setTimeout>} */
  let typing;
  byId("query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(restart, TYPING_MS);
  });
  byId("filter").addEventListener("change", restart);
  byId("order").addEventListener("change", restart);
  const button = buttonById("direction");
  button.addEventListener("click", () => {
    setAttribute(button, "aria-pressed", button.getAttribute("aria-pressed") !== "true");
    restart();
  });
}

function restart() {
  items = [];
  next = null;
  load(PAGE);
}

const more = () => next !== null && !loading && load(MOST, next);

const wish = () => ({
  state: /** @type {File["state"] | ""} */ (selectById("filter").value),
  q: inputById("query").value.trim(),
  sort: selectById("order").value,
  order: byId("direction").getAttribute("aria-pressed") === "true" ? "desc" : "",
});

/**
 * @param {number} limit
 * @param {string | null} after
 */
async function load(limit, after = null) {
  const request = (asked += 1);
  loading = true;
  setAttribute(byId("track-list"), "aria-busy", items.length === 0);
  try {
    // all fields, because none are selected
    const body = /** @type {import("./fingerprint.d.ts").Files} */ (await get("files", { ...wish(), limit: String(limit), after }));
    if (request !== asked) return;
    const tail = after === null && items.length > limit ? items.slice(limit) : []; // rows beyond the maximum page size
    items = after === null ? [...body.items, ...tail] : [...items, ...body.items];
    if (!tail.length) next = body.next;
    matching = body.matching;
    loading = false;
    show("");
  } catch (error) {
    if (request === asked) show(messageOf(error));
  } finally {
    if (request === asked) loading = false;
  }
}

/** @param {string} trouble */
function show(trouble) {
  const { state, q } = wish();
  list?.show(items);
  setAttribute(byId("track-list"), "aria-busy", null);
  const note = byId("track-note");
  note.hidden = items.length > 0 && !trouble;
  setText(note, trouble || (q || state ? "No matches." : "No tracks yet. They appear here when a scan finds them."));
  const shown = next === null ? count(items.length) : `the first ${count(items.length)} of ${count(matching)}`;
  setText(byId("track-count"), items.length ? `Showing ${shown}` : "");
}

/** @param {File} item */
function facts(item) {
  const print = item.fingerprint;
  if (!print) return STATES[item.state] ?? "";
  const unknown = item.metadata?.undefined ?? [];
  const tempo = unknown.includes("tempo_bpm") ? "no tempo" : `${count(print.tempo_bpm)} BPM`;
  const loudness = unknown.includes("lufs") ? "silent" : `${decimal(print.lufs)} LUFS`;
  const sorted = meaning.find((one) => one.name === selectById("order").value);
  const said = [tempo, loudness, clock(item.metadata?.duration_sec ?? 0)];
  if (sorted && !["tempo_bpm", "lufs"].includes(sorted.name)) said.unshift(`${sorted.title} ${measured(sorted, print[sorted.name])}`);
  return said.join(" · ");
}

/** @param {File} item */
function create(item) {
  return el("li", {}, el("a", { class: "row", href: `#track/${item.id}` },
    el("span", { class: "picture" }),
    el("span", { class: "what" }, el("bdi", { class: "name" }), el("bdi", { class: "path" })),
    el("span", { class: "state" }), el("span", { class: "numbers" })));
}

/**
 * @param {HTMLElement} node
 * @param {File} item
 */
function update(node, item) {
  const [picture, what, state, numbers] = [".picture", ".what", ".state", ".numbers"].map((part) => within(node, part));
  const version = `${item.fingerprint ? `${item.analysed_at}/${item.mtime_ns}` : item.state}/${item.tags?.cover ?? ""}`;
  if (picture.dataset.version !== version) {
    picture.dataset.version = version;
    picture.replaceChildren(item.fingerprint ? glyph(item.fingerprint) : noGlyph(item.state), ...cover(item));
  }
  setText(within(what, ".name"), titleOf(item));
  setText(within(what, ".path"), byline(item));
  setAttribute(what, "title", clean(item.path));
  setText(numbers, facts(item));
  const again = item.state === "outdated" && !item.outdated; // requested reanalysis
  const label = again ? "queued again" : item.fingerprint && item.state !== "done" ? STATES[item.state] ?? "" : "";
  setText(state, label);
  state.className = `state ${label ? `badge ${item.state}` : ""}`;
}
