/** A track and the ten that sound most like it, as a picture and as a list with reasons. */

import { get, messageOf } from "../api.js";
import { el } from "../dom.js";
import { glyph } from "../glyph.js";
import { percent } from "../format.js";
import { t } from "../i18n.js";
import { playable, playButton } from "../listen.js";
import { byline, cover, titleOf } from "../music.js";
import { address } from "../router.js";
import { placesAround } from "./around.js";
import { alsoAs } from "./copies.js";
import { filesOf } from "./files.js";
import { mappedLibrary } from "./library.js";
import { inReasons } from "./reasons.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").SimilarTrack} SimilarTrack */
/** @typedef {import("../types.d.ts").Page} Page */
/** @typedef {import("../types.d.ts").Place} Place */

const NEIGHBOURS = 10;
const REACH = 40; // radius of the picture in percent of its size

export class AroundPart {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.body = el("div", {});
    this.node = el("section", { class: "card", id: "around", "aria-labelledby": "around-title" }, this.body);
  }

  /** @param {Place} place */
  async show({ path: [, id] }) {
    this.body.replaceChildren(el("h2", { id: "around-title" }, t("explore.around")), el("p", { class: "empty", role: "status" }, t("similar.searching")));
    try {
      const [[file], found] = await Promise.all([filesOf([Number(id)]), get(`files/${encodeURIComponent(id)}/similar`, { limit: String(NEIGHBOURS) })]);
      if (this.page.place.path[1] !== id) return;
      if (!file) throw new Error(t("error.code.file_not_found"));
      const files = await filesOf(found.items.map((one) => one.file_id));
      this.page.title(t("explore.around.title", { name: titleOf(file) }));
      this.draw(file, found.items, new Map(files.map((one) => [one.id, one])), found.note);
    } catch (error) {
      this.body.replaceChildren(el("h2", { id: "around-title" }, t("explore.around")), el("p", { class: "fault note" }, messageOf(error)),
        el("div", { class: "actions" }, el("button", { type: "button", onclick: () => this.show(this.page.place) }, t("retry"))));
    }
  }

  /**
   * @param {File} seed
   * @param {SimilarTrack[]} tracks
   * @param {Map<number, File>} files
   * @param {string} note
   */
  draw(seed, tracks, files, note) {
    const known = tracks.filter((track) => files.has(track.file_id));
    const list = () => [seed, ...known.map((track) => /** @type {File} */ (files.get(track.file_id)))].map(playable);
    this.body.replaceChildren(
      el("div", { class: "heading" }, el("div", {}, el("h2", { id: "around-title", tabindex: -1 }, t("explore.around.of"), " ", el("a", { href: address("track", [seed.id]) }, el("bdi", {}, titleOf(seed)))),
        el("p", { class: "path" }, el("bdi", {}, byline(seed)))),
      el("div", { class: "actions" }, playButton(titleOf(seed), list, { text: t("explore.play-all"), class: "primary" }),
        el("a", { class: "button", href: address("playlists", ["list"], { files: [seed.id, ...known.map((one) => one.file_id)].join(",") }) }, t("explore.as-playlist")),
        el("a", { class: "button", href: address("playlists", ["radio"], { like: seed.id }) }, t("explore.radio")),
        el("a", { class: "button", href: address("explore", [], { track: seed.id }) }, t("explore.on-map")))),
      ...(known.length ? [el("p", { class: "hint" }, t("explore.around.hint")), el("div", { class: "beside around" }, this.picture(seed, known, files), this.list(known, files))]
        : [el("p", { class: "empty", lang: "en" }, note || t("no-matches"))]));
  }

  /**
   * @param {File} seed
   * @param {SimilarTrack[]} tracks
   * @param {Map<number, File>} files
   */
  picture(seed, tracks, files) {
    const places = placesAround(tracks.map((track) => ({ distance: track.distance, direction: direction(seed.id, track.file_id) })));
    return el("div", { class: "stars", role: "group", "aria-label": t("explore.around") },
      el("span", { class: "orbit" }), el("span", { class: "orbit inner" }), star(seed, { x: 0, y: 0 }, address("track", [seed.id]), "star centre"),
      tracks.map(({ file_id: id, rank }, index) =>
        star(/** @type {File} */ (files.get(id)), places[index], address("explore", ["around", id]), "star", el("b", {}, `${t("number", { count: rank })} `))));
  }

  /**
   * @param {SimilarTrack[]} tracks
   * @param {Map<number, File>} files
   */
  list(tracks, files) {
    return el("ol", { class: "neighbours" }, tracks.map((track, index) => {
      const file = /** @type {File} */ (files.get(track.file_id));
      const rest = () => tracks.slice(index).map((one) => playable(/** @type {File} */ (files.get(one.file_id))));
      return el("li", {}, playButton(titleOf(file), rest),
        el("span", { class: "said" }, el("a", { class: "name", href: address("explore", ["around", file.id]) }, el("bdi", {}, titleOf(file))), " ", el("span", { class: "path" }, el("bdi", {}, byline(file))),
          el("span", { class: "reason" }, reasonOf(track)), alsoAs(track.copies)));
    }));
  }
}

/** @param {SimilarTrack} track */
function reasonOf({ similarity, facts }) {
  const [share, reason] = [percent(100 * similarity), inReasons(facts)];
  return reason ? t("explore.around.reason", { share, reason }) : t("explore.around.plain", { share });
}

/**
 * @param {File} file
 * @param {{x: number, y: number}} place
 * @param {string} href
 * @param {string} kind
 * @param {Node} [number]
 */
const star = (file, { x, y }, href, kind, number) => el("a", { class: kind, href, "--x": `${50 + REACH * x}%`, "--y": `${50 + REACH * y}%`, title: titleOf(file) },
  el("span", { class: "picture" }, file.fingerprint && glyph(file.fingerprint), cover(file)), el("span", { class: "title" }, number, el("bdi", {}, titleOf(file))));

/**
 * Return the direction of a track from another one on the map; 0 if the map has not been loaded.
 *
 * @param {number} from
 * @param {number} to
 */
function direction(from, to) {
  const library = mappedLibrary();
  const [one, two] = [library?.places.get(from), library?.places.get(to)];
  if (!library || one === undefined || two === undefined) return 0;
  return Math.atan2(library.y[one] - library.y[two], library.x[two] - library.x[one]);
}
