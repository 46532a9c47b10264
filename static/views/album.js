/** One album: cover, facts and tracks. */

import { get } from "../api.js";
import { el } from "../dom.js";
import { clean, clock, folderOf } from "../format.js";
import { backLink } from "../frame.js";
import { glyph } from "../glyph.js";
import { t } from "../i18n.js";
import { mountLatest } from "../latest.js";
import { playable, playButton, playNext } from "../listen.js";
import { dimensions, inWords, medians } from "../meaning.js";
import { cover } from "../music.js";
import { actionButton, viewHeading } from "../parts.js";
import { address } from "../router.js";
import { trackRow, updateTrack } from "../rows.js";

/** @typedef {import("../fingerprint.d.ts").File} File */

const MOST = "500"; // tracks

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export const mount = (root, page) => mountLatest(root,
  () => Promise.all([get("files", { album: page.place.path[0] ?? "", sort: "track", limit: MOST }), dimensions()]),
  ([found, meaning]) => draw(root, page, /** @type {import("../fingerprint.d.ts").Files} */ (found).items, meaning));

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @param {File[]} files
 * @param {import("../fingerprint.d.ts").DimensionInfo[]} meaning
 */
function draw(root, page, files, meaning) {
  if (!files.length) {
    root.replaceChildren(backLink(), viewHeading(t("track.missing")), el("p", { class: "empty" }, t("album.gone")));
    return;
  }
  const { title, artist, facts } = described(files);
  page.title(title);
  const analysed = files.filter((file) => file.fingerprint);
  const print = medians(meaning, analysed);
  const art = files.find((file) => file.tags?.cover);
  const list = () => files.filter((file) => file.state !== "failed").map(playable);
  const rows = files.map((file, index) => {
    const row = trackRow(file, () => list().slice(list().findIndex(({ id }) => id === files[index].id)));
    updateTrack(row, file);
    return row;
  });
  root.replaceChildren(backLink(), el("section", { class: "card" },
    el("div", { class: "portrait album" },
      el("div", { class: "art" }, print && glyph(print), art ? cover(art) : []),
      el("div", {}, viewHeading(el("bdi", {}, title)), el("p", { class: "path" }, artist),
        el("p", { class: "hint" }, facts), print && el("p", { class: "words" }, inWords(meaning, print, [])),
        el("div", { class: "actions" }, playButton(title, list, { text: t("play.play"), class: "primary" }),
          actionButton(t("play.next"), () => playNext(list())))))),
  el("section", { class: "card", "aria-labelledby": "album-tracks" }, el("h2", { id: "album-tracks" }, t("library.tracks")), el("ol", { class: "tracks" }, rows)));
}

/** @param {File[]} files */
function described(files) {
  const tags = files[0].tags;
  const folder = folderOf(files[0].path).split(/[/\\]/).at(-1) ?? "";
  const title = tags?.album_kind === "album" && tags.album ? clean(tags.album) : folder;
  const artists = [...new Set(files.map((file) => file.tags?.album_artist ?? file.tags?.artist).filter((name) => name !== null && name !== undefined))];
  const [first] = files.filter((file) => file.tags?.artist_id);
  const artist = artists.length === 1 && first
    ? el("a", { href: address("artist", [first.tags?.artist_id ?? ""]) }, el("bdi", {}, clean(artists[0])))
    : el("span", {}, t(artists.length ? "album.various" : "album.folder"));
  const seconds = files.reduce((sum, file) => sum + (file.metadata?.duration_sec ?? 0), 0);
  const facts = [tags?.year && String(tags.year), tags?.genre && clean(tags.genre), t("count.tracks", { count: files.length }), clock(seconds)];
  return { title, artist, facts: facts.filter(Boolean).join(" · ") };
}
