/** Rows and cards of tracks, albums and artists. */

import { el, setAttribute, setText, within } from "./dom.js";
import { clean, clock, count, decimal, measured } from "./format.js";
import { glyph, noGlyph } from "./glyph.js";
import { maybe, t } from "./i18n.js";
import { namePlayButton, playablesOf, playButton } from "./listen.js";
import { byline, cover, titleOf } from "./music.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").Album} Album */
/** @typedef {import("./fingerprint.d.ts").Artist} Artist */
/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./types.d.ts").Playable} Playable */

/** @param {File} item */
const stateOf = ({ state }) => (state === "done" || state === "missing" ? "" : t(`file.${state}`));

/**
 * The values of a track in one line; the dimension the list is sorted by comes first.
 *
 * @param {File} item
 * @param {DimensionInfo} [sorted]
 */
function factsOf(item, sorted) {
  const print = item.fingerprint;
  if (!print) return item.failure ? maybe(`failure.${item.failure.code}`, stateOf(item)) : stateOf(item);
  const unknown = item.metadata?.undefined ?? [];
  const tempo = unknown.includes("tempo_bpm") ? t("tile.no-tempo") : `${count(print.tempo_bpm)} BPM`;
  const loudness = unknown.includes("lufs") ? t("tracks.silent") : `${decimal(print.lufs)} LUFS`;
  const said = [tempo, loudness, clock(item.metadata?.duration_sec ?? 0)];
  if (sorted && !["tempo_bpm", "lufs"].includes(sorted.name)) said.unshift(`${sorted.title} ${measured(sorted, print[sorted.name])}`);
  return said.join(" · ");
}

/**
 * Create the row of a track; `following()` returns what its button plays: the track and those after it.
 *
 * @param {File} item
 * @param {() => Playable[] | Promise<Playable[]>} following
 */
export function trackRow(item, following) {
  return el("li", { class: "track" }, el("a", { class: "row", href: address("track", [item.id]) },
    el("span", { class: "picture" }),
    el("span", { class: "what" }, el("bdi", { class: "name" }), el("bdi", { class: "path" })),
    el("span", { class: "state" }), el("span", { class: "numbers" })), playButton(titleOf(item), following));
}

/**
 * @param {HTMLElement} node
 * @param {File} item
 * @param {DimensionInfo} [sorted]
 */
export function updateTrack(node, item, sorted) {
  const [picture, what, state, numbers] = [".picture", ".what", ".state", ".numbers"].map((part) => within(node, part));
  showPicture(picture, item);
  setText(within(what, ".name"), titleOf(item));
  namePlayButton(within(node, ".play"), titleOf(item));
  setText(within(what, ".path"), byline(item));
  setAttribute(what, "title", clean(item.path));
  setText(numbers, factsOf(item, sorted));
  const again = item.state === "outdated" && !item.outdated; // requested reanalysis
  const label = again ? t("tracks.queued-again") : item.fingerprint && item.state !== "done" ? stateOf(item) : "";
  setText(state, label);
  state.className = `state ${label ? `badge ${item.state}` : ""}`;
}

/**
 * Show glyph and cover of a track in a node, unless it shows them already.
 *
 * @param {HTMLElement} node
 * @param {File} item
 */
export function showPicture(node, item) {
  const version = `${item.fingerprint ? `${item.analysed_at}/${item.mtime_ns}` : item.state}/${item.tags?.cover ?? ""}`;
  if (node.dataset.version === version) return;
  node.dataset.version = version;
  node.replaceChildren(item.fingerprint ? glyph(item.fingerprint) : noGlyph(item.state), ...cover(item));
}

/** @param {number} id */
function coverOf(id) {
  /** @type {HTMLImageElement} */
  const image = el("img", { class: "cover", src: `files/${id}/cover`, alt: "", loading: "lazy", onerror: () => image.remove() });
  return image;
}

/**
 * Show the cover of an album or artist, or the glyph of its median fingerprint.
 *
 * @param {HTMLElement} node
 * @param {Album | Artist} group
 */
function showArt(node, { fingerprint, cover_file_id: id }) {
  const version = `${id}/${fingerprint?.lufs}`;
  if (node.dataset.version === version) return;
  node.dataset.version = version;
  node.replaceChildren(fingerprint ? glyph(fingerprint) : noGlyph("pending"), ...(id === null ? [] : [coverOf(id)]));
}

/**
 * Create a card with a picture that leads to a place, and a button that plays what it shows.
 *
 * @param {string} href
 * @param {string} name
 * @param {() => Promise<Playable[]>} list
 */
export const card = (href, name, list) => el("li", { class: "cell" }, el("a", { class: "tile-of", href },
  el("span", { class: "art" }), el("bdi", { class: "name" }), el("bdi", { class: "path" }), el("span", { class: "hint" })), playButton(name, list));

/** @param {Album} album */
export const albumCard = ({ id, title }) => card(address("album", [id]), clean(title), () => playablesOf("album", id));

/** @param {Artist} artist */
export const artistCard = ({ id, name }) => card(address("artist", [id]), clean(name), () => playablesOf("artist", id));

/**
 * @param {HTMLElement} node
 * @param {Album} album
 */
export function updateAlbum(node, album) {
  showArt(within(node, ".art"), album);
  setText(within(node, ".name"), clean(album.title));
  namePlayButton(within(node, ".play"), clean(album.title));
  setText(within(node, ".path"), album.artist ? clean(album.artist) : t(album.kind === "folder" ? "album.folder" : "album.various"));
  setText(within(node, ".hint"), [album.year && String(album.year), tracksOf(album)].filter(Boolean).join(" · "));
}

/**
 * @param {HTMLElement} node
 * @param {Artist} artist
 */
export function updateArtist(node, artist) {
  showArt(within(node, ".art"), artist);
  setText(within(node, ".name"), clean(artist.name));
  namePlayButton(within(node, ".play"), clean(artist.name));
  setText(within(node, ".path"), t("count.albums", { count: artist.albums }));
  setText(within(node, ".hint"), tracksOf(artist));
}

/** @param {Album | Artist} group */
const tracksOf = ({ tracks, analysed }) => (analysed < tracks ? t("album.partly", { done: analysed, count: tracks }) : t("count.tracks", { count: tracks }));
