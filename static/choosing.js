/** Choosing the second track of a comparison. */

import { byId, el } from "./dom.js";
import { leave } from "./frame.js";
import { rich, t } from "./i18n.js";
import { titleOf } from "./music.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").File} File */

/** @type {File | null} */
let held = null; // the first track of a comparison

/**
 * Select the first track; the next track opened is compared with it.
 *
 * @param {File} file
 */
export function holdForComparison(file) {
  held = file;
  const tray = byId("tray");
  tray.replaceChildren(el("span", {}, ...rich("compare.choose", { name: el("bdi", {}, titleOf(file)) })),
    el("button", { type: "button", class: "quiet", onclick: letGo }, t("cancel")));
  tray.hidden = false;
  leave();
}

function letGo() {
  held = null;
  byId("tray").hidden = true;
}

/**
 * Return the comparison address for the track being opened, or null if no comparison is pending.
 *
 * @param {string} id
 */
export function insteadOf(id) {
  if (held === null || String(held.id) === String(id)) return null;
  const found = address("compare", [held.id, id]);
  letGo();
  return found;
}
