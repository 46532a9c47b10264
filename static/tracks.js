/** The list of files: searched, filtered, loaded a page at a time as one scrolls. */

import { get } from "./api.js";
import { atMostEvery, byId, el, reconcile, setAttribute, setText } from "./dom.js";
import { clean, clock, count, decimal, folderOf, nameOf } from "./format.js";
import { glyph, noGlyph } from "./glyph.js";

const PAGE = 60;
const TYPING_MS = 250;
const STATES = { pending: "waiting", running: "in work", failed: "failed", outdated: "outdated" };

let items = [];
let next = null;
let asked = 0; // the newest request; answers to older ones are dropped
let loading = false;
let ready = false;

/** Load the list again from its beginning, as far as it was loaded, keeping the place. */
export const refreshTracks = atMostEvery(2000, () => ready && !loading && load(Math.min(500, Math.max(PAGE, items.length))));

/** Show only files in that state ("" for all). */
export function filterTracks(state) {
  const filter = byId("filter");
  filter.value = [...filter.options].some((option) => option.value === state) ? state : "";
  restart();
}

/** Make search, filter and scrolling work, and load the first page. */
export function setUpTracks() {
  let typing = null;
  byId("query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(restart, TYPING_MS);
  });
  byId("filter").addEventListener("change", restart);
  byId("more").addEventListener("click", more);
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && more(), { rootMargin: "600px" }).observe(byId("more"));
  ready = true;
  restart();
}

function restart() {
  items = [];
  next = null;
  load(PAGE);
}

const more = () => next !== null && !loading && load(PAGE, next);

async function load(limit, after = null) {
  const request = (asked += 1);
  loading = true;
  setAttribute(byId("track-list"), "aria-busy", items.length === 0);
  try {
    const body = await get("files", { state: byId("filter").value, q: byId("query").value.trim(), limit: String(limit), after });
    if (request !== asked) return;
    const whole = after === null && items.length > limit; // more was loaded than one answer may hold
    items = after === null ? [...body.items, ...(whole ? items.slice(limit) : [])] : [...items, ...body.items];
    if (!whole) next = body.next;
    show("");
  } catch (error) {
    if (request === asked) show(error.message);
  } finally {
    if (request === asked) loading = false;
  }
}

function show(trouble) {
  const list = byId("track-list");
  reconcile(list, items, (item) => item.id, create, update);
  setAttribute(list, "aria-busy", null);
  byId("more").hidden = next === null;
  const searched = byId("query").value.trim() || byId("filter").value;
  const note = byId("track-note");
  note.hidden = items.length > 0 && !trouble;
  setText(note, trouble || (searched ? "Nothing matches." : "No tracks yet. They appear here as they are found."));
  const shown = next === null ? count(items.length) : `the first ${count(items.length)}`;
  setText(byId("track-count"), items.length ? `Showing ${shown}` : "");
}

const facts = (item) => {
  const print = item.fingerprint;
  if (!print) return STATES[item.state] ?? "";
  const unknown = item.metadata?.undefined ?? [];
  const tempo = unknown.includes("tempo_bpm") ? "no pulse" : `${count(print.tempo_bpm)} BPM`;
  const loudness = unknown.includes("lufs") ? "silent" : `${decimal(print.lufs)} LUFS`;
  return [tempo, loudness, clock(item.metadata?.duration_sec ?? 0)].join(" · ");
};

function create(item) {
  return el("li", {}, el("a", { class: "row", href: `#track/${item.id}` },
    el("span", { class: "picture" }),
    el("span", { class: "what" }, el("bdi", { class: "name" }), el("bdi", { class: "path" })),
    el("span", { class: "state" }), el("span", { class: "numbers" })));
}

function update(node, item) {
  const [picture, what, state, numbers] = node.firstElementChild.children;
  const version = item.fingerprint ? `${item.analysed_at}/${item.mtime_ns}` : item.state;
  if (picture.dataset.version !== version) {
    picture.dataset.version = version;
    picture.replaceChildren(item.fingerprint ? glyph(item.fingerprint) : noGlyph(item.state));
  }
  setText(what.firstElementChild, nameOf(item.path));
  setText(what.lastElementChild, folderOf(item.path));
  setAttribute(what, "title", clean(item.path));
  setText(numbers, facts(item));
  const label = item.fingerprint && item.state !== "done" ? STATES[item.state] ?? "" : "";
  setText(state, label);
  state.className = `state ${label ? `badge ${item.state}` : ""}`;
}
