/** Virtual list: only visible rows are in the DOM. */

import { oncePerFrame, reconcile, setAttribute } from "./dom.js";

const MARGIN = 12; // rows rendered above and below the viewport
const AHEAD = 100; // remaining rows at which the next page is requested

/**
 * Show items in a list with a fixed row height, the CSS property `--row` in rem.
 *
 * `create(item)` and `update(node, item, index)` render a row, `key(item)` identifies it, and `more()` is called near the
 * end of the list. Returns `{ show(items) }`.
 *
 * @template Item
 * @param {HTMLElement} list
 * @param {{create: (item: Item) => HTMLElement, update: (node: HTMLElement, item: Item, index: number) => void,
 *   key: (item: Item) => string | number, more: () => void}} rows
 * @param {AbortSignal} signal removes the listeners
 */
export function virtualList(list, { create, update, key, more }, signal) {
  /** @type {Item[]} */
  let items = [];
  let height = 0;
  let total = 0;

  function draw() {
    if (!list.offsetParent) return; // the view is hidden
    height = parseFloat(getComputedStyle(list).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
    list.style.height = `${items.length * height}px`;
    const top = list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / height) - MARGIN);
    const last = Math.min(items.length, Math.ceil((innerHeight - top) / height) + MARGIN);
    const rows = items.slice(first, last).map((item, offset) => ({ item, index: first + offset }));
    keepFocused(rows, first, last);
    reconcile(list, rows, (row) => key(row.item), (row) => create(row.item), place);
    if (last > items.length - AHEAD) more();
  }

  /**
   * Keep the focused row in the DOM.
   *
   * @param {{item: Item, index: number}[]} rows
   * @param {number} first
   * @param {number} last
   */
  function keepFocused(rows, first, last) {
    const held = /** @type {HTMLElement[]} */ ([...list.children]).find((node) => node.contains(document.activeElement));
    const index = held ? items.findIndex((item) => String(key(item)) === held.dataset.key) : -1;
    if (index >= 0 && index < first) rows.unshift({ item: items[index], index });
    if (index >= last) rows.push({ item: items[index], index });
  }

  /**
   * @param {HTMLElement} node
   * @param {{item: Item, index: number}} row
   */
  function place(node, { item, index }) {
    node.style.transform = `translateY(${index * height}px)`;
    const table = list.getAttribute("role") === "rowgroup";
    if (table) setAttribute(node, "aria-rowindex", index + 2); // row 1 is the header
    else {
      setAttribute(node, "aria-posinset", index + 1);
      setAttribute(node, "aria-setsize", total);
    }
    update(node, item, index);
  }

  const soon = oncePerFrame(draw);
  addEventListener("scroll", soon, { passive: true, signal });
  addEventListener("resize", soon, { signal });
  new ResizeObserver(soon).observe(list); // the view becomes visible
  return {
    /**
     * @param {Item[]} next
     * @param {number} [matching] rows of the whole list, loaded or not
     */
    show(next, matching = next.length) {
      items = next;
      total = matching;
      draw();
    },
  };
}
