/** The frame around the views: navigation, mounting, title, focus and scroll positions. */

import { messageOf } from "./api.js";
import { byId, el, setAttribute } from "./dom.js";
import { t } from "./i18n.js";
import { FIRST, VIEWS } from "./registry.js";
import { address, parse } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").Status} Status */
/** @typedef {import("./types.d.ts").Mounted} Mounted */
/** @typedef {import("./types.d.ts").Page} Page */
/** @typedef {import("./types.d.ts").Place} Place */
/** @typedef {import("./types.d.ts").Happenings} Happenings */
/** @typedef {import("./types.d.ts").ViewEntry} ViewEntry */
/** @typedef {{name: string, root: HTMLElement, place: Place, hash: string, heading: string, mounted: Mounted | null, end: AbortController,
 *   focused: Element | null, top: number}} Open */

/** The mounted views: a main view and, over it, a view of one thing. @type {Open[]} */
let open = [];
let request = 0; // number of the latest navigation; earlier ones are abandoned
/** @type {Status | null} */
let status = null;
/** The added style sheets, by their files. @type {Map<string, Promise<unknown>>} */
const styled = new Map();
/** Scroll positions by history entry. @type {Map<number, number>} */
const tops = new Map();
let entry = 0; // number of the current history entry
let entries = 0;

/** Return the visible view, or null before the first one is mounted. */
const visible = () => open.at(-1) ?? null;

/** Show the view of the current address and follow its changes. */
export function startFrame() {
  history.scrollRestoration = "manual";
  addEventListener("hashchange", follow);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  addEventListener("keydown", leaveByKey);
  follow();
}

/**
 * Escape closes a view that lies over another one.
 *
 * @param {KeyboardEvent} event
 */
function leaveByKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented || open.length < 2 || document.querySelector("dialog[open], :popover-open")) return;
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
  leave();
}

/** Create the button that leads back from a view over another one. */
export const backLink = () => el("button", { type: "button", class: "quiet back", onclick: leave }, t("back"));

/** Go back from a view that lies over another one to that one. */
export function leave() {
  if (open.length > 1) location.hash = open[0].hash;
  else location.hash = address(FIRST);
}

async function follow() {
  tops.set(entry, scrollY);
  const returning = Number.isInteger(history.state?.entry);
  entry = history.state?.entry ?? (entries += 1);
  history.replaceState({ entry }, "");
  const place = parse(location.hash);
  if (!Object.hasOwn(VIEWS, place.view)) place.view = FIRST;
  const navigation = (request += 1);
  const moved = await show(place, navigation);
  if (navigation !== request) return;
  if (moved) arrive(returning ? tops.get(entry) ?? 0 : null);
}

/**
 * Show a place. Returns true if another view than before is visible now.
 *
 * @param {Place} place
 * @param {number} navigation
 */
async function show(place, navigation) {
  const before = visible();
  const { over = false } = VIEWS[place.view];
  if (before) rest(before);
  const level = over && open.length ? 1 : 0;
  for (const gone of open.splice(level + 1)) unmount(gone);
  mark(place.view);
  const same = open[level]?.name === place.view ? open[level] : null;
  if (!same) {
    if (open[level]) unmount(open[level]);
    open = open.slice(0, level);
    open.push(await mount(place, navigation));
    if (navigation !== request) return false;
  }
  const shown = open[level];
  for (const one of open) one.root.hidden = one !== shown;
  if (!same || same.hash !== location.hash) await update(shown, place);
  else shown.mounted?.status?.(/** @type {Status} */ (status));
  return shown !== before;
}

/**
 * Remember focus and scroll position of a view that is about to be hidden.
 *
 * @param {Open} view
 */
function rest(view) {
  view.focused = view.root.contains(document.activeElement) ? document.activeElement : view.focused;
  view.top = scrollY;
}

/**
 * @param {Place} place
 * @param {number} navigation
 * @returns {Promise<Open>}
 */
async function mount(place, navigation) {
  const name = place.view;
  const root = el("div", { class: "view", id: `view-${name}`, "aria-busy": "true" });
  /** @type {Open} */
  const view = { name, root, place, hash: "", heading: t(/** @type {import("./i18n.js").Key} */ (`nav.${name}`)), mounted: null, end: new AbortController(), focused: null, top: 0 };
  try {
    const [module] = await loaded(VIEWS[name]);
    if (navigation !== request) return view;
    byId("views").append(root);
    byId("loading").hidden = true;
    view.mounted = await module.mount(root, pageOf(view));
    if (status) view.mounted.status?.(status);
  } catch (error) {
    root.replaceChildren(...failed(view, messageOf(error)));
    if (!root.isConnected) byId("views").append(root);
  }
  root.removeAttribute("aria-busy");
  return view;
}

/**
 * Load the module of a view and its style sheets.
 *
 * @param {ViewEntry} entry
 */
async function loaded({ load, styles = [] }) {
  try {
    return await Promise.all([load(), ...["views.css", ...styles].map(addStyles)]);
  } catch (error) {
    throw error instanceof TypeError ? new Error(t("error.unreachable")) : error; // a TypeError: the module was not fetched
  }
}

/**
 * Return what is shown instead of a view that could not be loaded.
 *
 * @param {Open} view
 * @param {string} message
 */
const failed = (view, message) => [
  ...(VIEWS[view.name].over ? [backLink()] : []),
  el("section", { class: "card" }, el("h1", { tabindex: -1 }, view.heading), el("p", { class: "empty" }, message),
    el("div", { class: "actions" }, el("button", { type: "button", onclick: again }, t("retry")))),
];

/** Mount the visible view again after it could not be loaded. */
function again() {
  const view = open.pop();
  if (view) unmount(view);
  follow();
}

/** @param {Open} view */
function unmount(view) {
  view.end.abort();
  view.mounted?.unmount?.();
  view.root.remove();
}

/**
 * What a view gets from the frame.
 *
 * @param {Open} view
 * @returns {Page}
 */
const pageOf = (view) => ({
  signal: view.end.signal,
  get place() {
    return view.place;
  },
  get status() {
    return status;
  },
  get visible() {
    return view === visible();
  },
  title(text) {
    view.heading = text;
    if (view === visible()) name();
  },
  keep(path, query = {}) {
    view.place = { view: view.name, path: path.map(String), query: parse(address("", [], query)).query };
    view.hash = address(view.name, path, query);
    if (view === visible()) history.replaceState(history.state, "", view.hash);
  },
});

/**
 * Tell a view its place.
 *
 * @param {Open} view
 * @param {Place} place
 */
async function update(view, place) {
  view.place = place;
  view.hash = location.hash || address(place.view);
  try {
    await view.mounted?.show?.(place);
  } catch (error) {
    view.root.replaceChildren(...failed(view, messageOf(error)));
  }
}

/** Put the name of the view in the document's title; while files are analysed, the percentage comes first. */
function name() {
  const share = status?.state === "working" ? [t("percent", { percent: Math.floor(status.percent) })] : [];
  document.title = [...share, visible()?.heading, t("brand")].filter(Boolean).join(" · ");
}

/**
 * Scroll and move the focus after another view has been opened; `top` is the former position of a visited one.
 *
 * @param {number | null} top
 */
function arrive(top) {
  name();
  const view = visible();
  if (!view) return;
  scrollTo(0, view.top || (top ?? 0));
  const heading = view.root.querySelector("h1");
  const target = view.focused?.isConnected ? view.focused : heading;
  if (target instanceof HTMLElement && request > 1) target.focus({ preventScroll: true });
}

/**
 * Mark the main view in the navigation: the one below a view of one thing, or that view's usual origin.
 *
 * @param {string} current
 */
function mark(current) {
  const links = [...byId("navigation").querySelectorAll("a")];
  const main = links.some((link) => link.dataset.view === current) ? current : open[0]?.name ?? "";
  for (const link of links) setAttribute(link, "aria-current", link.dataset.view === main ? "page" : null);
}

/**
 * Add a style sheet, once.
 *
 * @param {string} file
 */
function addStyles(file) {
  const before = styled.get(file);
  if (before) return before;
  const added = new Promise((resolve, reject) => {
    document.head.append(el("link", { rel: "stylesheet", href: file, onload: resolve, onerror: () => {
      styled.delete(file);
      reject(new Error(t("error.unreachable")));
    } }));
  });
  styled.set(file, added);
  return added;
}

/**
 * Pass an event of the service to all mounted views.
 *
 * @template {keyof Happenings} Kind
 * @param {Kind} kind
 * @param {Happenings[Kind]} body
 */
export function tell(kind, body) {
  if (kind === "status") {
    status = /** @type {Status} */ (body);
    name();
  }
  if (kind === "reconnected" && visible()?.mounted === null) again();
  for (const { mounted } of open) /** @type {((body: Happenings[Kind]) => void) | undefined} */ (mounted?.[kind])?.(body);
}
