/** A field to choose a track: a search with suggestions (the combobox pattern of ARIA). */

import { get } from "./api.js";
import { el, setAttribute } from "./dom.js";
import { byline, titleOf } from "./music.js";

/** @typedef {import("./fingerprint.d.ts").File} File */

const SHOWN = 8; // suggestions
const TYPING_MS = 200;
let number = 0; // of pickers, for ids

/** Return the first analysed files of a query; none if it fails. @param {Record<string, string>} query @returns {Promise<File[]>} */
const files = async (query) => /** @type {File[]} */ ((await get("files", { ...query, state: "done", limit: String(SHOWN) }).catch(() => ({ items: [] }))).items);

/**
 * Create a track picker; `chosen(file)` is called with the chosen track, or null when the text is changed again.
 *
 * @param {string} label
 * @param {(file: File | null) => void} chosen
 */
export function trackPicker(label, chosen) {
  const id = `picker-${(number += 1)}`;
  /** @type {File[]} */
  let items = [];
  let active = -1;
  let answered = ""; // the text that the suggestions are for
  /** @type {ReturnType<typeof setTimeout>} */
  let typing;
  const list = el("ul", { id, role: "listbox", class: "plain options", "aria-label": label, hidden: true, tabindex: -1 }); // Tab leads to what scrolls, otherwise
  /** @type {HTMLInputElement} */
  const input = el("input", {
    type: "text", role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
    placeholder: label, maxlength: 200, oninput: () => typed(), onfocus: () => input.value || suggest(), onblur: () => show([]),
    onkeydown: (/** @type {KeyboardEvent} */ event) => key(event),
  });

  function typed() {
    chosen(null);
    clearTimeout(typing);
    typing = setTimeout(suggest, TYPING_MS);
  }

  /** @param {string} asked @returns {Promise<File[]>} */
  async function find(asked) {
    const text = asked.trim();
    if (!text) return files({ sort: "analysed_at", order: "desc" });
    const [titled, others] = await Promise.all([files({ q: `title:"${text.replaceAll('"', " ")}"` }), files({ q: text })]);
    const ids = new Set(titled.map(({ id }) => id));
    return [...titled, ...others.filter(({ id }) => !ids.has(id))].slice(0, SHOWN); // a folder's name may match in every file
  }

  async function suggest() {
    const asked = input.value;
    const found = await find(asked);
    if (asked !== input.value || document.activeElement !== input) return;
    show(found);
    answered = asked;
  }

  /** @param {File[]} found */
  function show(found) {
    items = found;
    active = -1;
    list.replaceChildren(...items.map((file, index) => el("li", { role: "option", id: `${id}-${index}`, "aria-selected": "false", onpointerdown: (/** @type {Event} */ event) => {
      event.preventDefault(); // keep the focus in the field
      take(file);
    } }, el("bdi", { class: "name" }, titleOf(file)), el("bdi", { class: "path" }, byline(file)))));
    list.hidden = items.length === 0;
    setAttribute(input, "aria-expanded", String(!list.hidden));
    setAttribute(input, "aria-activedescendant", null);
  }

  /** @param {File} file */
  function take(file) {
    input.value = answered = titleOf(file);
    show([]);
    chosen(file);
  }

  /** Take the marked suggestion, or the first for what was typed, even if it comes after the focus has moved on. */
  async function enter() {
    clearTimeout(typing);
    const asked = input.value;
    if (!asked.trim() && active < 0) return;
    const found = answered === asked ? items[Math.max(0, active)] : (await find(asked))[0];
    if (found && asked === input.value) take(found);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "Escape" && !list.hidden) show([]);
    else if (event.key === "Enter") enter();
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && items.length) step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "ArrowDown") suggest();
    else return;
    event.preventDefault();
  }

  /** @param {number} way */
  function step(way) {
    active = (active + way + items.length) % items.length;
    for (const [index, option] of [...list.children].entries()) setAttribute(option, "aria-selected", String(index === active));
    list.children[active].scrollIntoView({ block: "nearest" });
    setAttribute(input, "aria-activedescendant", `${id}-${active}`);
  }
  return { node: el("div", { class: "picker field" }, input, list), input };
}
