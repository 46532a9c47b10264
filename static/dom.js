/** DOM helpers. Text is only inserted as text nodes. */

const SVG = "http://www.w3.org/2000/svg";

/** Return the element with this id. */
export const byId = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Create an HTML element; attributes starting with "on" are listeners, with "--" custom properties. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** Create an SVG element. */
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Set the text of a node if it differs, so that screen readers do not repeat unchanged text. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Split a path so that it can wrap after slashes. */
export const breakable = (path) => path.split(/(?<=[/\\])/).flatMap((part) => [part, el("wbr")]).slice(0, -1);

/** Set or remove an attribute if it differs. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/**
 * Synchronise the children of a list with items, keeping the nodes of items that stay.
 * Kept nodes are passed to `update`, so focus and selection survive.
 */
export function reconcile(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
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
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of known.values()) gone.remove();
}

/** Announce text to screen readers. */
export const announce = (text) => setText(byId("announce"), text);

/** Show a message that disappears after a few seconds. */
export function toast(text, kind = "note") {
  const note = el("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 8000 : 4000);
}

/** Throttle a function, with a trailing call. */
export function atMostEvery(milliseconds, run) {
  let timer = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      run();
    }, Math.max(0, last + milliseconds - performance.now()));
  };
}
