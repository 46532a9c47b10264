/** Panel of the track view: tracks that sound like the shown one, with reasons. */

import { get, messageOf } from "./api.js";
import { el } from "./dom.js";
import { alsoAs } from "./explore/copies.js";
import { inReasons } from "./explore/reasons.js";
import { filesOf } from "./explore/files.js";
import { clean, percent } from "./format.js";
import { t } from "./i18n.js";
import { titleOf } from "./music.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./fingerprint.d.ts").SimilarTrack} SimilarTrack */

const SHOWN = "8"; // tracks

/**
 * Return the panel. It asks the service on request only, because the first query starts the index.
 *
 * @param {File} file
 */
export function similarPanel(file) {
  const list = el("div", { "aria-live": "polite" });
  /** @type {HTMLButtonElement} */
  const button = el("button", { type: "button", onclick: () => fill(file, list, button) }, t("similar.find"));
  return el("section", { class: "card similar" }, el("h2", {}, t("similar.title")), el("div", { class: "actions" }, button,
    el("a", { class: "button", href: address("explore", ["around", file.id]) }, t("similar.around")),
    el("a", { class: "button", href: address("playlists", ["radio"], { like: file.id }) }, t("explore.radio")),
    el("a", { class: "button", href: address("explore", [], { track: file.id }) }, t("explore.on-map"))), list);
}

/**
 * @param {File} file
 * @param {HTMLElement} list
 * @param {HTMLButtonElement} button
 */
async function fill(file, list, button) {
  button.disabled = true;
  list.replaceChildren(el("p", { class: "hint" }, t("similar.searching")));
  try {
    const found = await get(`files/${encodeURIComponent(file.id)}/similar`, { limit: SHOWN });
    const files = new Map((await filesOf(found.items.map((one) => one.file_id))).map((one) => [one.id, one]));
    list.replaceChildren(found.items.length ? el("ol", {}, found.items.map((one) => row(one, files.get(one.file_id)))) : el("p", { class: "hint", lang: "en" }, clean(found.note)));
    button.remove();
  } catch (error) {
    list.replaceChildren(el("p", { class: "fault small note" }, messageOf(error)));
    button.disabled = false;
  }
}

/**
 * @param {SimilarTrack} track
 * @param {File | undefined} known
 */
function row(track, known) {
  const title = known ? titleOf(known) : clean(track.name);
  return el("li", {}, el("a", { href: address("track", [track.file_id]) }, el("bdi", {}, title)),
    el("span", { class: "hint" }, ` ${percent(100 * track.similarity)} · `, inReasons(track.facts)), ...alsoAs(track.copies).flatMap((node) => [" · ", node]));
}
