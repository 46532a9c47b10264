/** Home: one line about the service, with trouble first, three ways to start, and what is new. */

import { get } from "../api.js";
import { atMostEvery, el, reconcile, setAttribute, setText, within } from "../dom.js";
import { t } from "../i18n.js";
import { playAnything, playLike, playPath } from "../listen.js";
import { byline, titleOf } from "../music.js";
import { actionButton, viewHeading } from "../parts.js";
import { trackPicker } from "../picker.js";
import { address } from "../router.js";
import { showPicture } from "../rows.js";
import { reasonOf, stateOf } from "../words.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Status} Status */
/** @typedef {{file: File, number: number}} Newcomer the newest track of an album, and how many of the album are new */

const NEWEST = "120"; // tracks, of which each album is shown once
const SHOWN = 12;

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const line = el("a", { class: "status-line", href: address("activity") }, el("span", { class: "dot", "aria-hidden": "true" }), el("span"));
  const list = el("ul", { class: "tiles-of plain", id: "newest" });
  const none = el("p", { class: "empty", hidden: true }, t("home.none"));
  root.append(viewHeading(t("nav.home")), line, starts(),
    el("section", { class: "card", "aria-labelledby": "new-title" }, el("h2", { id: "new-title" }, t("home.new")), list, none));
  const refresh = atMostEvery(2000, async () => {
    /** @type {File[]} */
    let items;
    try {
      const body = await get("files", { state: "done", sort: "analysed_at", order: "desc", limit: NEWEST });
      items = /** @type {import("../fingerprint.d.ts").Files} */ (body).items;
    } catch {
      return; // the connection notice reports it
    }
    if (page.signal.aborted) return;
    reconcile(list, newcomers(items), ({ file }) => file.id, create, update);
    none.hidden = items.length > 0;
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
    reconnected: refresh,
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

const create = () => el("li", {}, el("a", { class: "tile-of" },
  el("span", { class: "art" }), el("bdi", { class: "name" }), el("bdi", { class: "path" }), el("span", { class: "hint" })));

/**
 * @param {HTMLElement} node
 * @param {Newcomer} newcomer
 */
function update(node, { file, number }) {
  const { tags } = file;
  const album = number > 1 && tags ? tags.album : null;
  showPicture(within(node, ".art"), file);
  setAttribute(within(node, "a"), "href", album && tags ? address("album", [tags.album_id]) : address("track", [file.id]));
  setText(within(node, ".name"), album ?? titleOf(file));
  setText(within(node, ".path"), album ? tags?.album_artist ?? tags?.artist ?? "" : byline(file));
  setText(within(node, ".hint"), album ? t("count.tracks", { count: number }) : "");
}
