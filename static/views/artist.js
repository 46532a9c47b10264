/** One artist: albums and tracks. */

import { get } from "../api.js";
import { el } from "../dom.js";
import { clean } from "../format.js";
import { backLink } from "../frame.js";
import { t } from "../i18n.js";
import { mountLatest } from "../latest.js";
import { playable, playButton } from "../listen.js";
import { viewHeading } from "../parts.js";
import { albumCard, trackRow, updateAlbum, updateTrack } from "../rows.js";

/** @typedef {import("../fingerprint.d.ts").Album} Album */
/** @typedef {import("../fingerprint.d.ts").File} File */

const MOST = "500"; // albums, and tracks

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const fetch = () => {
    const artist = page.place.path[0] ?? "";
    return Promise.all([get("albums", { artist, sort: "year", limit: MOST }), get("files", { artist, sort: "album", limit: MOST })]);
  };
  return mountLatest(root, fetch, ([albums, found]) => draw(root, page, albums.items, /** @type {import("../fingerprint.d.ts").Files} */ (found)));
}

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @param {Album[]} albums
 * @param {import("../fingerprint.d.ts").Files} found
 */
function draw(root, page, albums, { items: files, matching }) {
  const name = clean(files.find((file) => file.tags?.artist)?.tags?.artist ?? "");
  if (!files.length) {
    root.replaceChildren(backLink(), viewHeading(t("track.missing")), el("p", { class: "empty" }, t("artist.gone")));
    return;
  }
  page.title(name);
  const list = () => files.filter((file) => file.state !== "failed").map(playable);
  const cards = albums.map((album) => {
    const node = albumCard(album);
    updateAlbum(node, album);
    return node;
  });
  const rows = files.map((file) => {
    const row = trackRow(file, () => list().slice(list().findIndex(({ id }) => id === file.id)));
    updateTrack(row, file);
    return row;
  });
  root.replaceChildren(backLink(),
    el("div", { class: "heading" }, viewHeading(el("bdi", {}, name)), playButton(name, list, { text: t("play.play"), class: "primary" })),
    ...(albums.length ? [el("section", { class: "card", "aria-labelledby": "artist-albums" }, el("h2", { id: "artist-albums" }, t("library.albums")), el("ul", { class: "tiles-of plain" }, cards))] : []),
    el("section", { class: "card", "aria-labelledby": "artist-tracks" }, el("h2", { id: "artist-tracks" }, t("library.tracks")),
      matching > files.length && el("p", { class: "hint" }, t("artist.first", { count: files.length, all: matching })), el("ol", { class: "tracks" }, rows)));
}
