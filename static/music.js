/** Title, artist, album and cover of a track, as lists show them. */

import { el } from "./dom.js";
import { clean, folderOf, nameOf } from "./format.js";

/** @typedef {import("./fingerprint.d.ts").File} File */

/**
 * Return the title of a track, or its file name if it has none.
 *
 * @param {File} item
 */
export const titleOf = (item) => clean(item.title ?? "") || nameOf(item.path);

/**
 * Return the artist and album of a track, or its folder if it has neither.
 *
 * @param {File} item
 */
export const byline = (item) =>
  [item.tags?.artist ?? item.tags?.album_artist, item.tags?.album].filter(Boolean).map((text) => clean(text ?? "")).join(" · ") || folderOf(item.path);

/**
 * Return the cover of a track as an image; nothing if it has none. An image that does not load is removed.
 *
 * @param {File} item
 */
export function cover(item) {
  if (!item.tags?.cover) return [];
  /** @type {HTMLImageElement} */
  const image = el("img", { class: "cover", src: `files/${item.id}/cover`, alt: "", loading: "lazy", width: "40", height: "40", onerror: () => image.remove() });
  return [image];
}
