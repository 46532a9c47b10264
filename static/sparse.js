/** A list of any length of which only the visible part is loaded and drawn, so that its scroll bar leads everywhere. */

import { messageOf } from "./api.js";
import { el, oncePerFrame, reconcile, setAttribute } from "./dom.js";

const MARGIN = 6; // rows drawn above and below the viewport
const BLOCK = 100; // items per request
const KEPT = 30; // blocks kept in memory
const PAUSE_MS = 80; // a block is requested when scrolling rests on it for this time

/**
 * @template Item
 * @typedef {{create: (item: Item, index: number) => HTMLElement, update?: (node: HTMLElement, item: Item, index: number) => void, key: (item: Item) => string | number,
 *   fetch: (offset: number, limit: number) => Promise<{items: Item[], matching: number}>, drawn?: (list: {total: number, trouble: string}) => void}} Rows
 */

/**
 * A virtual list or grid. The custom properties `--row` (height in rem) and `--least` (least width of a cell in rem, for grids)
 * of the list element set its geometry.
 *
 * @template Item
 */
export class SparseList {
  /**
   * @param {HTMLElement} list
   * @param {Rows<Item>} rows
   * @param {AbortSignal} signal
   */
  constructor(list, rows, signal) {
    this.list = list;
    this.rows = rows;
    this.total = 0;
    this.version = 0; // of the question; answers to earlier ones are ignored
    this.trouble = "";
    /** @type {Map<number, Item[]>} */
    this.blocks = new Map();
    /** @type {Set<number>} */
    this.asked = new Set();
    /** @type {[number, number]} */
    this.seen = [0, 0]; // indexes of the drawn items
    this.height = 0;
    this.columns = 1;
    const soon = oncePerFrame(() => this.draw());
    addEventListener("scroll", soon, { passive: true, signal });
    addEventListener("resize", soon, { signal });
    list.addEventListener("keydown", (event) => this.move(event));
    const observer = new ResizeObserver(soon);
    observer.observe(list);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Ask for everything again: another question. */
  async restart() {
    this.blocks.clear();
    this.total = 0;
    setAttribute(this.list, "aria-busy", "true");
    await this.reload([0]);
  }

  /** Load the visible items again: the same question, with new answers. */
  async refresh() {
    const [first, last] = this.seen;
    const blocks = [];
    for (let block = Math.floor(first / BLOCK); block * BLOCK <= last; block += 1) blocks.push(block);
    await this.reload(blocks);
  }

  /** @param {number[]} blocks */
  async reload(blocks) {
    this.version += 1;
    this.asked.clear();
    const { version } = this;
    const loaded = await Promise.all(blocks.map((block) => this.load(block)));
    if (version !== this.version) return;
    for (const block of [...this.blocks.keys()]) if (!blocks.includes(block)) this.blocks.delete(block);
    if (loaded.length) this.draw();
  }

  /** @param {number} block */
  async load(block) {
    if (this.asked.has(block)) return;
    this.asked.add(block);
    const { version } = this;
    try {
      const { items, matching } = await this.rows.fetch(block * BLOCK, BLOCK);
      if (version !== this.version) return;
      this.total = matching;
      this.trouble = "";
      this.blocks.delete(block);
      this.blocks.set(block, items);
      for (const old of [...this.blocks.keys()].slice(0, -KEPT)) this.blocks.delete(old);
    } catch (error) {
      if (version !== this.version) return;
      this.trouble = messageOf(error);
    } finally {
      if (version === this.version) this.asked.delete(block);
    }
    setAttribute(this.list, "aria-busy", null);
    this.draw();
  }

  /** @param {number} index */
  at(index) {
    return this.blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  draw() {
    const { list } = this;
    this.rows.drawn?.({ total: this.total, trouble: this.trouble });
    if (!list.offsetParent) return; // the view is hidden
    this.measure();
    const lines = Math.ceil(this.total / this.columns);
    list.style.height = `${lines * this.height}px`;
    const top = list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / this.height) - MARGIN) * this.columns;
    const last = Math.min(this.total, (Math.ceil((innerHeight - top) / this.height) + MARGIN) * this.columns);
    this.seen = [first, Math.max(first, last - 1)];
    const indexes = Array.from({ length: Math.max(0, last - first) }, (_, place) => first + place);
    const held = this.focused();
    if (held >= 0 && held < this.total && (held < first || held >= last)) indexes.push(held);
    reconcile(list, indexes, (index) => this.keyOf(index), (index) => this.create(index), (node, index) => this.place(node, index));
    this.want();
  }

  measure() {
    const style = getComputedStyle(this.list);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.height = parseFloat(style.getPropertyValue("--row")) * rem;
    const least = parseFloat(style.getPropertyValue("--least")) * rem;
    this.columns = least ? Math.max(1, Math.floor(this.list.clientWidth / least)) : 1;
  }

  /** Request the visible blocks that are missing, when scrolling rests. */
  want() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (let index = this.seen[0]; index <= this.seen[1] && index < this.total; index = (Math.floor(index / BLOCK) + 1) * BLOCK) {
        if (!this.blocks.has(Math.floor(index / BLOCK)) && !this.trouble) this.load(Math.floor(index / BLOCK));
      }
    }, PAUSE_MS);
  }

  /** @param {number} index */
  keyOf(index) {
    const item = this.at(index);
    return item === undefined ? `waiting ${index}` : this.rows.key(item);
  }

  /** @param {number} index */
  create(index) {
    const item = this.at(index);
    return item === undefined ? el("li", { class: "waiting", "aria-hidden": "true" }) : this.rows.create(item, index);
  }

  /**
   * @param {HTMLElement} node
   * @param {number} index
   */
  place(node, index) {
    const [line, column] = [Math.floor(index / this.columns), index % this.columns];
    node.style.transform = `translateY(${line * this.height}px)`;
    node.style.insetInlineStart = `${(100 * column) / this.columns}%`;
    node.style.width = `${100 / this.columns}%`;
    node.dataset.index = String(index);
    setAttribute(node, "aria-posinset", index + 1);
    setAttribute(node, "aria-setsize", this.total);
    const item = this.at(index);
    if (item !== undefined) this.rows.update?.(node, item, index);
  }

  /** Return the index of the row with the focus, or -1. */
  focused() {
    const row = document.activeElement instanceof HTMLElement && this.list.contains(document.activeElement) ? document.activeElement.closest("li") : null;
    return row?.dataset.index === undefined ? -1 : Number(row.dataset.index);
  }

  /**
   * Arrow keys move the focus between rows.
   *
   * @param {KeyboardEvent} event
   */
  move(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: this.columns, ArrowUp: -this.columns, ...(this.columns > 1 ? { ArrowRight: 1, ArrowLeft: -1 } : {}) });
    const index = this.focused() + (steps[event.key] ?? 0);
    if (!(event.key in steps) || event.target instanceof HTMLInputElement || index < 0 || index >= this.total) return;
    event.preventDefault();
    const target = this.list.querySelector(`[data-index="${index}"] a`);
    if (!(target instanceof HTMLElement)) return;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  }
}
