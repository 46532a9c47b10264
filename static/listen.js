/** Listening: buttons that play tracks. The player itself is loaded when one is first used. */

import { el, setAttribute } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { byline, titleOf } from "./music.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./types.d.ts").Playable} Playable */

const player = () => import("./player.js");

/**
 * Return a file as the player shows it.
 *
 * @param {File} file
 * @returns {Playable}
 */
export const playable = (file) => ({ id: file.id, title: titleOf(file), by: byline(file), cover: Boolean(file.tags?.cover) });

/**
 * Play a list of tracks from a position on.
 *
 * @param {Playable[]} list
 * @param {number} start
 */
export const play = async (list, start = 0) => (await player()).play(list, start);

/**
 * Put tracks after the one that plays; they start if none does.
 *
 * @param {Playable[]} list
 */
export const playNext = async (list) => (await player()).playNext(list);

/**
 * Create a button that plays one track of a list, and the rest of the list after it.
 *
 * @param {string} name what it plays, for screen readers
 * @param {() => Playable[] | Promise<Playable[]>} list called when the button is used
 * @param {{start?: () => number, text?: string, class?: string}} options
 */
export function playButton(name, list, { start = () => 0, text = "", class: kind = "quiet" } = {}) {
  const button = el("button", { type: "button", class: `play ${kind}`, "aria-label": t("play.one", { name }), title: text ? null : t("play.one", { name }), onclick: async (/** @type {Event} */ event) => {
    event.preventDefault(); // the button may be in a row that is a link
    setAttribute(button, "aria-busy", "true");
    try {
      await play(await list(), start());
    } finally {
      setAttribute(button, "aria-busy", null);
    }
  } }, icon("play"), text && el("span", {}, text));
  return button;
}
