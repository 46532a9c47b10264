/**
 * Routing by URL fragment, so that back, forward and bookmarks work: `#now`, `#tracks`, `#tracks/failed`, `#library`,
 * `#failures/corrupt`; sheets over a view: `#track/12`, `#compare/12/15`.
 */

import { byId, setAttribute } from "./dom.js";

/** @typedef {Partial<Record<string, (rest: string[]) => void>>} Enter */

const VIEWS = ["now", "tracks", "library", "failures"];
const FIRST = "now";
/** @type {string | null} */
let shown = null;
let address = ""; // address of the view below the sheet

/** Return the visible view. */
export const currentView = () => shown;

/**
 * Set up routing.
 *
 * `enter` maps views to functions that receive the rest of the address; `open(kind, rest)` opens a sheet, `close()`
 * closes it.
 *
 * @param {{enter: Enter, open: (kind: string, rest: string[]) => void, close: () => void}} views
 */
export function setUpViews({ enter, open, close }) {
  const follow = (/** @type {boolean} */ moved) => {
    const [kind, ...rest] = decodeAddress();
    const sheet = kind === "track" || kind === "compare";
    if (sheet) {
      if (!shown) show("tracks", [], enter);
      return open(kind, rest);
    }
    close();
    const changed = show(VIEWS.includes(kind) ? kind : FIRST, rest, enter);
    if (moved && changed) arrive();
  };
  addEventListener("hashchange", () => follow(true));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  follow(false);
}

function decodeAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)).split("/");
  } catch {
    return [""]; // invalid escape sequence
  }
}

/**
 * @param {string} view
 * @param {string[]} rest
 * @param {Enter} enter
 */
function show(view, rest, enter) {
  const changed = view !== shown;
  shown = view;
  address = [view, ...rest].map(encodeURIComponent).join("/");
  for (const name of VIEWS) byId(`view-${name}`).hidden = name !== view;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".views a"))) {
    setAttribute(link, "aria-current", link.hash === `#${view}` ? "page" : null);
  }
  enter[view]?.(rest);
  return changed;
}

function arrive() {
  scrollTo(0, 0);
  const heading = byId(`view-${shown}`).querySelector("h2[tabindex]");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
}

/** Restore the address of the view below the sheet, keeping the scroll position. */
export function leaveSheet() {
  const [left, top] = [scrollX, scrollY];
  history.replaceState(null, "", `#${address}`);
  scrollTo(left, top);
}
