/** The sheet that lies over a view: one track, or two side by side. */

import { byId, el } from "./dom.js";

let left = () => undefined;
let wanted = null; // the address that the sheet is for

/** Open the sheet for an address; `fill()` returns, or promises, its content. */
export async function openSheet(address, fill) {
  const sheet = byId("sheet");
  const again = wanted === address && sheet.open;
  wanted = address;
  if (!again) sheet.replaceChildren(...head("Loading …"), el("p", { class: "hint", role: "status" }, "Fetching the numbers."));
  if (!sheet.open) sheet.showModal();
  let content;
  try {
    content = await fill();
  } catch (error) {
    content = [...head(error.status === 404 ? "Not found" : "Not to be had now"), el("p", { class: "empty" }, error.message)];
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

/** Close the sheet, if it is open; the reader is elsewhere already. */
export function closeSheet() {
  wanted = null;
  byId("sheet").close();
}

/** The address the open sheet is for; null if none is open. */
export const openAddress = () => wanted;

/** Make closing work; `whenLeft` is called when the reader closes the sheet. */
export function setUpSheet(whenLeft) {
  left = whenLeft;
  const sheet = byId("sheet");
  sheet.addEventListener("close", () => {
    if (wanted !== null) left();
    wanted = null;
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
}

/** The head of a sheet with its title and the button that closes it. */
export const head = (title, ...rest) => [el("header", { class: "sheet-head" },
  el("div", {}, el("h2", { id: "sheet-title" }, el("bdi", {}, title)), ...rest),
  el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => byId("sheet").close() }, "×"))];
