/** Modal sheet over a view: one track or a comparison. */

import { byId, el } from "./dom.js";

let left = () => undefined;
let wanted = null; // address of the content to show

/** Open the sheet for an address; `fill()` returns its content or a promise of it. */
export async function openSheet(address, fill) {
  const sheet = byId("sheet");
  const again = wanted === address && sheet.open;
  wanted = address;
  if (!again) sheet.replaceChildren(...head("Loading …"), el("p", { class: "hint", role: "status" }, "Loading the track."));
  if (!sheet.open) sheet.showModal();
  let content;
  try {
    content = await fill();
  } catch (error) {
    content = [...head(error.status === 404 ? "Not found" : "Not available"), el("p", { class: "empty" }, error.message)];
  }
  if (wanted !== address) return;
  const place = again ? sheet.scrollTop : 0;
  const held = again && sheet.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  sheet.replaceChildren(...content);
  sheet.scrollTop = place;
  const focus = held && [...sheet.querySelectorAll("button, a")].find((node) => nameOf(node) === held);
  (focus || sheet.querySelector(".close")).focus({ preventScroll: true });
}

const nameOf = (control) => control.getAttribute("aria-label") ?? control.textContent;

/** Close the sheet without changing the address. */
export function closeSheet() {
  wanted = null;
  byId("sheet").close();
}

/** Return the address of the open sheet, or null. */
export const openAddress = () => wanted;

/** Set up closing; `whenLeft` is called when the user closes the sheet. */
export function setUpSheet(whenLeft) {
  left = whenLeft;
  const sheet = byId("sheet");
  sheet.addEventListener("close", () => {
    if (wanted !== null) left();
    wanted = null;
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}

/** Create the header of a sheet with title and close button. */
export const head = (title, ...rest) => [el("header", { class: "sheet-head" },
  el("div", {}, el("h2", { id: "sheet-title" }, el("bdi", {}, title)), ...rest),
  el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => byId("sheet").close() }, "×"))];
