/** Modal sheet over a view: one track or a comparison. */

import { isMissing, messageOf } from "./api.js";
import { dialogById, el, within } from "./dom.js";

/** @typedef {import("./types.d.ts").Children} Children */

/** @type {() => void} */
let left = () => undefined;
/** @type {string | null} */
let wanted = null; // address of the content to show

/**
 * Open the sheet for an address; `fill()` returns its content or a promise of it.
 *
 * @param {string} address
 * @param {() => Promise<(Node | string)[]>} fill
 */
export async function openSheet(address, fill) {
  const sheet = dialogById("sheet");
  const again = wanted === address && sheet.open;
  wanted = address;
  if (!again) sheet.replaceChildren(...head("Loading …"), el("p", { class: "hint", role: "status" }, "Loading the track."));
  if (!sheet.open) sheet.showModal();
  /** @type {(Node | string)[]} */
  let content;
  try {
    content = await fill();
  } catch (error) {
    content = [...head(isMissing(error) ? "Not found" : "Not available"), el("p", { class: "empty" }, messageOf(error))];
  }
  if (wanted !== address) return;
  const place = again ? sheet.scrollTop : 0;
  const active = document.activeElement;
  const held = again && active && sheet.contains(active) ? nameOf(active) : null;
  sheet.replaceChildren(...content);
  sheet.scrollTop = place;
  const focus = held && /** @type {HTMLElement[]} */ ([...sheet.querySelectorAll("button, a")]).find((node) => nameOf(node) === held);
  (focus || within(sheet, ".close")).focus({ preventScroll: true });
}

/** @param {Element} control */
const nameOf = (control) => control.getAttribute("aria-label") ?? control.textContent;

/** Close the sheet without changing the address. */
export function closeSheet() {
  wanted = null;
  dialogById("sheet").close();
}

/** Return the address of the open sheet, or null. */
export const openAddress = () => wanted;

/**
 * Set up closing; `whenLeft` is called when the user closes the sheet.
 *
 * @param {() => void} whenLeft
 */
export function setUpSheet(whenLeft) {
  left = whenLeft;
  const sheet = dialogById("sheet");
  sheet.addEventListener("close", () => {
    if (wanted !== null) left();
    wanted = null;
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}

/**
 * Create the header of a sheet with title and close button.
 *
 * @param {string} title
 * @param {Children} rest
 */
export const head = (title, ...rest) => [el("header", { class: "sheet-head" },
  el("div", {}, el("h2", { id: "sheet-title" }, el("bdi", {}, title)), ...rest),
  el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => dialogById("sheet").close() }, "×"))];
