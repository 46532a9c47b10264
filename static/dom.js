/** DOM helpers. Text is only inserted as text nodes. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {import("./types.d.ts").Attributes} Attributes */
/** @typedef {import("./types.d.ts").Children} Children */

/**
 * Return the element with this id, which must be of this class.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function lookUp(id, kind) {
  const node = document.getElementById(id);
  if (!(node instanceof kind)) throw new Error(`There is no ${kind.name} #${id}.`);
  return node;
}

/** @param {string} id */
export const byId = (id) => lookUp(id, HTMLElement);

/** @param {string} id */
export const buttonById = (id) => lookUp(id, HTMLButtonElement);

/** @param {string} id */
export const inputById = (id) => lookUp(id, HTMLInputElement);

/** @param {string} id */
export const selectById = (id) => lookUp(id, HTMLSelectElement);

/** @param {string} id */
export const dialogById = (id) => lookUp(id, HTMLDialogElement);

/**
 * Return the first element in a node that matches a selector; it must exist.
 *
 * @param {ParentNode} node
 * @param {string} selector
 */
export function within(node, selector) {
  const found = node.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`There is no ${selector}.`);
  return found;
}

/**
 * @template {HTMLElement | SVGElement} Kind
 * @param {Kind} node
 * @param {Attributes} attributes
 * @param {Children} children
 * @returns {Kind}
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, String(value));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().flatMap((child) => (child === null || child === undefined || child === false ? [] : [typeof child === "number" ? String(child) : child])));
  return node;
}

/**
 * Create an HTML element; functions are listeners ("onclick"), names starting with "--" custom properties.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {Children} children
 */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/**
 * Create an SVG element.
 *
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {Children} children
 */
export const svg = (tag, attributes = {}, ...children) => fill(/** @type {SVGElement} */ (document.createElementNS(SVG, tag)), attributes, children);

/**
 * Set the text of a node if it differs, so that screen readers do not repeat unchanged text.
 *
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Split a path so that it can wrap after slashes.
 *
 * @param {string} path
 */
export const breakable = (path) => path.split(/(?<=[/\\])/).flatMap((part) => [part, el("wbr")]).slice(0, -1);

/**
 * Set or remove an attribute if it differs.
 *
 * @param {Element} node
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/**
 * Synchronise the children of a list with items, keeping the nodes of items that stay.
 * Kept nodes are passed to `update`, so focus and selection survive.
 *
 * @template Item
 * @template {HTMLElement | SVGElement} Kind
 * @param {Element} parent
 * @param {Item[]} items
 * @param {(item: Item) => string | number} key
 * @param {(item: Item) => Kind} create
 * @param {(node: Kind, item: Item) => void} update
 */
export function reconcile(parent, items, key, create, update) {
  const kept = /** @type {Kind[]} */ ([...parent.children]);
  const known = new Map(kept.map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let node = known.get(name);
    if (node) known.delete(name);
    else {
      node = create(item);
      node.dataset.key = name;
    }
    update(node, item);
    if (node === place) place = node.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of known.values()) gone.remove();
}

/**
 * Announce text to screen readers.
 *
 * @param {string} text
 */
export const announce = (text) => setText(byId("announce"), text);

/**
 * Show a message that disappears after a few seconds.
 *
 * @param {string} text
 * @param {"note" | "bad"} kind
 */
export function toast(text, kind = "note") {
  const note = el("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 8000 : 4000);
}

/**
 * Throttle a function, with a trailing call. Runs never overlap, so an earlier answer cannot replace a later one.
 *
 * @param {number} milliseconds
 * @param {() => unknown} run may return a promise, which the next run waits for
 */
export function atMostEvery(milliseconds, run) {
  /** @type {"idle" | "due" | "running" | "again"} */
  let state = "idle";
  let last = -Infinity;

  function plan() {
    state = "due";
    setTimeout(start, Math.max(0, last + milliseconds - performance.now()));
  }

  async function start() {
    state = "running";
    last = performance.now();
    try {
      await run();
    } finally {
      if (/** @type {string} */ (state) === "again") plan();
      else state = "idle";
    }
  }

  return () => {
    if (state === "idle") plan();
    else if (state === "running") state = "again";
  };
}

/**
 * Return a function that runs another one in the next frame, once however often it is called until then.
 *
 * @param {() => void} run
 */
export function oncePerFrame(run) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      run();
    });
  };
}
