/** The panel beside the map: the selected track or tracks, and what can be started from them. */

import { el } from "../dom.js";
import { glyph } from "../glyph.js";
import { t } from "../i18n.js";
import { play, playable, playButton } from "../listen.js";
import { inWords } from "../meaning.js";
import { byline, titleOf } from "../music.js";
import { actionButton } from "../parts.js";
import { address } from "../router.js";
import { filesOf } from "./files.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("./regions.js").Region} Region */

export const LONGEST = 500; // tracks of a playlist made from a selection
const SEEDS = 50; // tracks of a selection that a radio starts from
const LISTED = 6; // titles of a selection that are shown

export class SelectionPanel {
  /** @param {{pathFrom: (file: File) => void, chooseRegion: (region: Region) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.request = 0;
    this.node = el("aside", { class: "selection", "aria-label": t("explore.selection"), "aria-live": "polite" });
  }

  /**
   * Show what can be done where nothing is selected.
   *
   * @param {Region[]} regions
   */
  showNothing(regions) {
    this.request += 1;
    this.node.replaceChildren(el("h3", {}, t("explore.regions")), el("p", { class: "hint" }, t("explore.regions.hint")),
      el("ul", { class: "plain regions" }, regions.map((region) => el("li", {},
        el("button", { type: "button", class: "quiet", onclick: () => this.actions.chooseRegion(region) }, el("bdi", {}, region.name), el("span", { class: "hint" }, ` ${t("number", { count: region.members.length })}`))))),
      el("p", { class: "hint" }, t("explore.help")));
  }

  /**
   * Show one track.
   *
   * @param {number} id
   * @param {DimensionInfo[]} meaning
   */
  async showTrack(id, meaning) {
    const request = (this.request += 1);
    const [file] = await filesOf([id]);
    if (request !== this.request) return;
    if (!file) return this.node.replaceChildren(el("p", { class: "empty" }, t("error.code.file_not_found")));
    const { fingerprint: print, metadata } = file;
    const name = titleOf(file);
    this.replace(el("div", { class: "portrait-small" }, picture(file)),
      el("h3", {}, el("a", { href: address("track", [id]) }, el("bdi", {}, name))), el("p", { class: "path" }, el("bdi", {}, byline(file))),
      print && el("p", {}, inWords(meaning, print, /** @type {any} */ (metadata?.undefined ?? []))),
      el("div", { class: "actions" }, playButton(name, () => [playable(file)], { text: t("explore.play"), class: "primary" }),
        el("a", { class: "button", href: address("explore", ["around", id]) }, t("explore.similar")),
        el("a", { class: "button", href: address("playlists", ["radio"], { like: id }) }, t("explore.radio")),
        el("button", { type: "button", onclick: () => this.actions.pathFrom(file) }, t("explore.path"))));
  }

  /** @param {import("../types.d.ts").Children} children */
  replace(...children) {
    this.node.replaceChildren(el("div", {}, ...children));
  }

  /**
   * Show several tracks.
   *
   * @param {string} title
   * @param {number[]} ids
   * @param {string} [note]
   */
  async showMany(title, ids, note = "") {
    const request = (this.request += 1);
    const some = await filesOf(ids.slice(0, LISTED));
    if (request !== this.request) return;
    const kept = ids.slice(0, LONGEST);
    this.replace(el("h3", {}, title), el("p", {}, t("count.tracks", { count: ids.length })), note && el("p", { class: "hint" }, note),
      el("ul", { class: "plain some" }, some.map((file) => el("li", {}, el("a", { href: address("track", [file.id]) }, el("bdi", {}, titleOf(file)))))),
      ids.length > some.length && el("p", { class: "hint" }, t("explore.more", { count: ids.length - some.length })),
      ids.length > LONGEST && el("p", { class: "hint" }, t("explore.first", { count: LONGEST })),
      el("div", { class: "actions" },
        actionButton(t("explore.play"), async () => play((await filesOf(kept)).map(playable)), { class: "primary" }),
        el("a", { class: "button", href: address("playlists", ["list"], { files: kept.join(",") }) }, t("explore.as-playlist")),
        el("a", { class: "button", href: address("playlists", ["radio"], { like: ids.slice(0, SEEDS).join(",") }) }, t("explore.radio"))));
  }
}

/** @param {File} file */
function picture(file) {
  const drawn = file.fingerprint ? glyph(file.fingerprint) : "";
  if (!file.tags?.cover) return drawn;
  /** @type {HTMLImageElement} */
  const image = el("img", { class: "cover", src: `files/${file.id}/cover`, alt: "", width: 96, height: 96, onerror: () => image.replaceWith(drawn) });
  return image;
}
