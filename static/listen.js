/** Listening: buttons that play tracks. The player itself is loaded when one is first used. */

import { get, messageOf, post } from "./api.js";
import { el, setAttribute, toast } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { byline, titleOf } from "./music.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./types.d.ts").Playable} Playable */

const RADIO = 30; // tracks of a radio
const MOST = "500"; // tracks of an album or artist

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
 * Return the files with these ids as the player shows them, in this order.
 *
 * @param {number[]} ids
 */
export async function playables(ids) {
  if (!ids.length) return [];
  const { items } = await get("files", { ids: ids.join(","), limit: String(ids.length) });
  const known = new Map(/** @type {File[]} */ (items).map((file) => [file.id, playable(file)]));
  return ids.flatMap((id) => known.get(id) ?? []);
}

/**
 * Return the tracks of an album or artist as the player shows them.
 *
 * @param {"album" | "artist"} kind
 * @param {string} id
 */
export async function playablesOf(kind, id) {
  const { items } = await get("files", { [kind]: id, sort: kind === "album" ? "track" : "album", limit: MOST });
  return /** @type {File[]} */ (items).filter((file) => file.state !== "failed").map(playable);
}

/**
 * Play tracks that sound like one, beginning with it.
 *
 * @param {number} id
 */
export async function playLike(id) {
  const { items, note } = await post("playlist", { like: { files: [id] }, tracks: RADIO });
  await play(await playables([id, ...items.map((item) => item.file_id).filter((one) => one !== id)]));
  if (!items.length) return note;
}

/**
 * Play the way from one track to another.
 *
 * @param {number} from
 * @param {number} to
 */
export async function playPath(from, to) {
  const { items, note } = await post("path", { start: { files: [from] }, end: { files: [to] } });
  if (!items.length) return note;
  await play(await playables(items.map((item) => item.file_id)));
}

/** Play tracks that sound like one chosen at random. */
export async function playAnything() {
  const { matching } = await get("files", { state: "done", limit: "1", fields: "id" });
  if (!matching) return t("player.empty");
  const offset = Math.floor(Math.random() * matching);
  const { items: [file] } = await get("files", { state: "done", offset: String(offset), limit: "1", fields: "id" });
  if (file?.id) return playLike(file.id);
}

/**
 * Create a button that plays one track of a list, and the rest of the list after it.
 *
 * @param {string} name what it plays, for screen readers
 * @param {() => Playable[] | Promise<Playable[]>} list called when the button is used
 * @param {{start?: () => number, text?: string, class?: string}} options
 */
export function playButton(name, list, { start = () => 0, text = "", class: kind = "quiet" } = {}) {
  const label = t("play.one", { name });
  const named = text && label.toLowerCase().includes(text.toLowerCase()); // else the visible text is the name
  const button = el("button", { type: "button", class: `play ${kind}`, "aria-label": named ? label : null, onclick: async (/** @type {Event} */ event) => {
    event.preventDefault(); // the button may be in a row that is a link
    setAttribute(button, "aria-busy", "true");
    try {
      await play(await list(), start());
    } catch (error) {
      toast(messageOf(error), "bad");
    } finally {
      setAttribute(button, "aria-busy", null);
    }
  } }, icon("play"), text && el("span", {}, text));
  if (!text) namePlayButton(button, name);
  return button;
}

/**
 * Name what a button without a text plays, again when its title has become known.
 *
 * @param {Element} button
 * @param {string} name
 */
export function namePlayButton(button, name) {
  for (const attribute of ["aria-label", "title"]) setAttribute(button, attribute, t("play.one", { name }));
}
