/** Small components that several views share. A component is a function that returns its node, see docs/page.md. */

import { messageOf } from "./api.js";
import { el, setAttribute, toast } from "./dom.js";

/** @typedef {import("./types.d.ts").Attributes} Attributes */
/** @typedef {import("./types.d.ts").Children} Children */

/**
 * Create a button that runs an action. It is disabled meanwhile; the action's text and its error are shown as messages.
 *
 * @param {Children[number]} text
 * @param {() => Promise<string | void>} run
 * @param {Attributes} attributes
 */
export function actionButton(text, run, attributes = {}) {
  /** @type {HTMLButtonElement} */
  const button = el("button", { type: "button", ...attributes, onclick: () => attempt(run, button) }, text);
  return button;
}

/**
 * Run an action with a button disabled, and show its text or its error as a message.
 *
 * @param {() => Promise<string | void>} run
 * @param {HTMLButtonElement} button
 */
export async function attempt(run, button) {
  button.disabled = true;
  try {
    const said = await run();
    if (said) toast(said);
  } catch (error) {
    toast(messageOf(error), "bad");
  } finally {
    button.disabled = false;
  }
}

/**
 * Create a card with a heading.
 *
 * @param {string} id
 * @param {string} title
 * @param {Children} rest
 */
export const card = (id, title, ...rest) => el("section", { class: "card", id, "aria-labelledby": `${id}-title` },
  el("h2", { id: `${id}-title` }, title), ...rest);

/**
 * Create the heading of a view, which gets the focus when the view opens.
 *
 * @param {Children} title
 */
export const viewHeading = (...title) => el("h1", { tabindex: -1 }, ...title);

/**
 * Create a group of links to the parts of a view; `mark(part)` marks the current one.
 *
 * @param {string} label
 * @param {{part: string, href: string, text: Children}[]} links
 */
export function tabs(label, links) {
  const nodes = links.map(({ part, href, text }) => el("a", { href, "data-part": part }, ...text));
  return {
    node: el("nav", { class: "tabs", "aria-label": label }, nodes),
    mark(/** @type {string} */ part) {
      for (const node of nodes) setAttribute(node, "aria-current", node.dataset.part === part ? "page" : null);
    },
  };
}
