/** Other files of the recording of a track, as a few words with links. */

import { el } from "../dom.js";
import { clean } from "../format.js";
import { rich } from "../i18n.js";
import { address } from "../router.js";

/** @typedef {import("../fingerprint.d.ts").Copy} Copy */

const NAMED = 4; // copies that are named

/**
 * Return "also as MP3" with links to the copies; nothing if there are none.
 *
 * @param {Copy[]} copies
 */
export function alsoAs(copies) {
  if (!copies.length) return [];
  const links = copies.slice(0, NAMED).flatMap((copy, index) => [...(index ? [", "] : []), link(copy)]);
  const files = el("span", {}, ...links);
  const rest = copies.length - NAMED;
  return [el("span", { class: "hint" }, ...(rest > 0 ? rich("similar.also-more", { files }, { count: rest }) : rich("similar.also", { files })))];
}

/** @param {Copy} copy */
function link({ file_id: id, name }) {
  const file = clean(name);
  return el("a", { href: address("track", [id]), title: file, "aria-label": file }, file.slice(file.lastIndexOf(".") + 1).toUpperCase());
}
