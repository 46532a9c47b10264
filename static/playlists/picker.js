/** A field that finds a track by its title, artist or album (the combobox pattern of ARIA). */

import { get } from "../api.js";
import { el, setAttribute } from "../dom.js";
import { t } from "../i18n.js";
import { byline, titleOf } from "../music.js";

/** @typedef {import("../fingerprint.d.ts").File} File */

const SUGGESTED = 8;
const TYPING_MS = 250;
let pickers = 0;

/**
 * Create the field. `pick` is called with the track that was chosen.
 *
 * @param {string} label
 * @param {(file: File) => void} pick
 */
export function trackPicker(label, pick) {
  const id = `picker-${(pickers += 1)}`;
  const list = el("ul", { class: "plain suggestions", role: "listbox", id, "aria-label": label, hidden: true });
  /** @type {HTMLInputElement} */
  const input = el("input", {
    type: "search", role: "combobox", autocomplete: "off", placeholder: t("playlists.find"), "aria-label": label,
    "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", oninput: () => typed(), onkeydown: (/** @type {KeyboardEvent} */ event) => key(event),
    onblur: () => setTimeout(close, 150), // a click on a suggestion comes after it
  });
  /** @type {File[]} */
  let found = [];
  let at = -1;
  let asked = 0;

  function typed() {
    const request = (asked += 1);
    setTimeout(async () => {
      if (request !== asked) return;
      const q = input.value.trim();
      if (!q) return close();
      const page = await get("files", { q, state: "done", limit: String(SUGGESTED) }).catch(() => null);
      if (request !== asked || !page) return;
      found = /** @type {File[]} */ (page.items);
      draw();
    }, TYPING_MS);
  }

  function draw() {
    at = -1;
    list.replaceChildren(...found.map((file, index) => el("li", { role: "option", id: `${id}-${index}`, "aria-selected": "false", onpointerdown: () => choose(index) },
      el("bdi", { class: "name" }, titleOf(file)), " ", el("bdi", { class: "path" }, byline(file)))));
    if (!found.length) list.append(el("li", { class: "hint", role: "option", "aria-disabled": "true" }, t("no-matches")));
    list.hidden = false;
    setAttribute(input, "aria-expanded", "true");
    setAttribute(input, "aria-activedescendant", null);
  }

  function close() {
    list.hidden = true;
    setAttribute(input, "aria-expanded", "false");
    setAttribute(input, "aria-activedescendant", null);
  }

  /** @param {number} index */
  function choose(index) {
    asked += 1; // a search under way is abandoned
    input.value = "";
    close();
    pick(found[index]);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark((at + 1) % found.length);
    else if (event.key === "ArrowUp") mark((at - 1 + found.length) % found.length);
    else if (event.key === "Enter" && found.length) choose(Math.max(0, at));
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  }

  /** @param {number} index */
  function mark(index) {
    if (!found.length) return;
    at = index;
    [...list.children].forEach((node, place) => setAttribute(node, "aria-selected", String(place === at)));
    list.children[at].scrollIntoView({ block: "nearest" });
    setAttribute(input, "aria-activedescendant", `${id}-${at}`);
  }

  return { node: el("div", { class: "field picker" }, input, list), input };
}
