/** Home: one line about the service, with trouble first, three ways to start, and what is new. */

import { ask, get } from "../api.js";
import { atMostEvery, byId, el, reconcile, setAttribute, setText, within } from "../dom.js";
import { clean } from "../format.js";
import { t } from "../i18n.js";
import { namePlayButton, playable, playablesOf, playAnything, playLike, playPath } from "../listen.js";
import { byline, titleOf } from "../music.js";
import { actionButton, viewHeading } from "../parts.js";
import { trackPicker } from "../picker.js";
import { address } from "../router.js";
import { card, showPicture } from "../rows.js";
import { reasonOf, stateOf } from "../words.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Status} Status */
/** @typedef {{file: File, number: number}} Newcomer the newest track of an album, and how many of the album are new */

const SHOWN = 18;

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const line = el("a", { class: "status-line", href: address("activity") }, el("span", { class: "dot", "aria-hidden": "true" }), el("span"));
  const list = el("ul", { class: "tiles-of plain", id: "newest" });
  const none = el("p", { class: "empty", hidden: true }, t("home.none"), " ", el("a", { href: address("settings", [], { field: "libraries" }) }, t("home.folders")));
  root.append(viewHeading(t("nav.home")), line, starts(),
    el("section", { class: "card", "aria-labelledby": "new-title" }, el("h2", { id: "new-title" }, t("home.new")), list, none));
  const refresh = atMostEvery(2000, async () => {
    try {
      const shown = newcomers(await newest());
      if (page.signal.aborted) return;
      reconcile(list, shown, keyOf, create, update);
      none.hidden = shown.length > 0;
      await drawGlyphs(shown);
      if (!page.signal.aborted) reconcile(list, shown, keyOf, create, update);
    } catch {
      return; // the connection notice reports it
    }
  });
  refresh();
  return {
    status(status) {
      const { text, href, trouble } = lineOf(status);
      setText(within(line, "span:last-child"), text);
      setAttribute(line, "href", href);
      line.classList.toggle("trouble", trouble);
    },
    result: refresh,
    tags: refresh,
    missed: refresh,
  };
}

/** The three ways to start listening: tracks like one, a path between two, anything. */
function starts() {
  /** @type {Record<"seed" | "from" | "to", File | null>} */
  const chosen = { seed: null, from: null, to: null };
  const like = actionButton(t("home.play"), async () => (chosen.seed ? playLike(chosen.seed.id) : undefined), { disabled: true, "aria-label": t("home.like-play"), class: "primary" });
  const path = actionButton(t("home.play"), async () => (chosen.from && chosen.to ? playPath(chosen.from.id, chosen.to.id) : undefined), { disabled: true, "aria-label": t("home.path-play"), class: "primary" });
  const list = el("a", { class: "button", hidden: true }, t("home.as-playlist"));
  const picker = (/** @type {keyof typeof chosen} */ part, /** @type {string} */ label) => trackPicker(label, (file) => {
    chosen[part] = file;
    like.disabled = !chosen.seed;
    path.disabled = list.hidden = !chosen.from || !chosen.to;
    if (chosen.from && chosen.to) setAttribute(list, "href", address("playlists", ["path"], { start: chosen.from.id, end: chosen.to.id }));
  }).node;
  const way = (/** @type {string} */ title, /** @type {string} */ hint, /** @type {Node[]} */ ...rest) => el("section", { class: "card way" }, el("h2", {}, title), el("p", { class: "hint" }, hint), rest);
  return el("div", { class: "ways" },
    way(t("home.like"), t("home.like-hint"), picker("seed", t("home.like-track")), like),
    way(t("home.path"), t("home.path-hint"), picker("from", t("home.path-from")), picker("to", t("home.path-to")), el("div", { class: "actions" }, path, list)),
    way(t("home.anything"), t("home.anything-hint"), actionButton(t("home.surprise"), playAnything, { class: "primary", id: "surprise" })));
}

/**
 * The line about the service, and where it leads: a problem, failed files, or the work.
 *
 * @param {Status} status
 */
function lineOf(status) {
  const { health, counts } = status;
  if (health.reasons.length) return { text: t("home.issues", { count: health.reasons.length }), href: address("activity", ["health"]), trouble: true };
  const text = `${stateOf(status)}. ${reasonOf(status)}`;
  return { text, href: counts.failed && status.state === "idle" ? address("activity", ["failures"]) : address("activity"), trouble: false };
}

/**
 * Return the newest track of each album.
 *
 * @param {File[]} files newest first
 * @returns {Newcomer[]}
 */
function newcomers(files) {
  /** @type {Map<string, Newcomer>} */
  const albums = new Map();
  for (const file of files) {
    const album = file.tags?.album_kind === "album" ? file.tags.album_id : `file ${file.id}`;
    const known = albums.get(album);
    if (known) known.number += 1;
    else albums.set(album, { file, number: 1 });
  }
  return [...albums.values()].slice(0, SHOWN);
}

/** Return the newest tracks, of which each album is shown once; `index.html` has asked for them before this module came. @returns {Promise<File[]>} */
const newest = async () => (await ask(byId("newest-tracks").getAttribute("href") ?? "", {})).items;

/** @param {Record<string, string>} query */
const files = async (query) => /** @type {File[]} */ ((await get("files", query)).items);

/**
 * Fetch the fingerprints of the tracks that have no cover: their glyphs are shown instead.
 *
 * @param {Newcomer[]} newcomers
 */
async function drawGlyphs(newcomers) {
  const bare = newcomers.filter(({ file }) => !file.tags?.cover);
  if (!bare.length) return;
  const found = await files({ ids: bare.map(({ file }) => file.id).join(",") });
  for (const one of bare) one.file = found.find(({ id }) => id === one.file.id) ?? one.file;
}

/** @param {Newcomer} newcomer */
const keyOf = ({ file, number }) => `${file.id} ${number > 1}`; // another card when more of its album come

/**
 * Return the album that a newcomer stands for, or null if it stands for one track.
 *
 * @param {Newcomer} newcomer
 */
const albumOf = ({ file: { tags }, number }) => (number > 1 && tags?.album ? { id: tags.album_id, title: clean(tags.album), artist: clean(tags.album_artist ?? tags.artist ?? "") } : null);

/** @param {Newcomer} newcomer */
function create(newcomer) {
  const { file } = newcomer;
  const album = albumOf(newcomer);
  if (!album) return card(address("track", [file.id]), titleOf(file), async () => [playable(file)]);
  return card(address("album", [album.id]), album.title, () => playablesOf("album", album.id));
}

/**
 * @param {HTMLElement} node
 * @param {Newcomer} newcomer
 */
function update(node, newcomer) {
  const { file, number } = newcomer;
  const album = albumOf(newcomer);
  showPicture(within(node, ".art"), file);
  const name = album?.title ?? titleOf(file);
  setText(within(node, ".name"), name);
  namePlayButton(within(node, ".play"), name);
  setText(within(node, ".path"), album?.artist ?? byline(file));
  setText(within(node, ".hint"), album ? t("count.tracks", { count: number }) : "");
}
