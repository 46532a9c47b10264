/** One artist: albums and tracks. */

import { get } from "../api.js";
import { atMostEvery, el } from "../dom.js";
import { clean } from "../format.js";
import { backLink } from "../frame.js";
import { t } from "../i18n.js";
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
  let drawn = ""; // the answers that are shown

  async function load() {
    const artist = page.place.path[0] ?? "";
    const [albums, found] = await Promise.all([get("albums", { artist, sort: "year", limit: MOST }), get("files", { artist, sort: "album", limit: MOST })]);
    const answers = JSON.stringify([albums, found]);
    if (page.signal.aborted || artist !== page.place.path[0] || answers === drawn) return;
    drawn = answers;
    draw(root, page, albums.items, /** @type {import("../fingerprint.d.ts").Files} */ (found));
  }
  const refresh = atMostEvery(2000, () => load().catch(() => undefined)); // the connection notice reports it
  return {
    async show() {
      drawn = "";
      root.replaceChildren(backLink(), viewHeading(t("loading")));
      await load();
      root.querySelector("h1")?.focus({ preventScroll: true });
    },
    tags: refresh,
    result: refresh,
    missed: refresh,
  };
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
