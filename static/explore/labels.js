/** What the library map writes over its points: names of regions, and covers, glyphs and titles when few are visible. */

import { el, reconcile, setText, within } from "../dom.js";
import { glyph } from "../glyph.js";
import { titleOf } from "../music.js";
import { printOf } from "../points.js";
import { fileOf, filesOf } from "./files.js";

/** @typedef {import("../map.js").LibraryMap} LibraryMap */
/** @typedef {import("../types.d.ts").Library} Library */
/** @typedef {import("./regions.js").Region} Region */

export const MARGIN = 0.06; // margin of the map as a share of the surface
const DRAWINGS = 120; // maximum number of visible points shown as covers or glyphs
const TITLES = 40; // maximum number shown with their titles
const ROOM = 4_000; // required area in square pixels for each
const REST_MS = 200; // delay after the last movement before titles are fetched
const LINE = 20; // height of a name in pixels; of names that overlap, that of the largest region is shown
const GAP = 6; // pixels between a name and the edge or the buttons
const FAR = 2.5; // zoom up to which regions are named

export class MapLabels {
  /** @param {LibraryMap} map */
  constructor(map) {
    this.map = map;
    /** @type {Region[]} */
    this.regions = [];
    /** @type {Map<number, HTMLElement>} */
    this.drawn = new Map();
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.waiting = null;
    this.drawings = el("div", { class: "drawings" });
    this.names = el("div", { class: "drawings names" });
    this.node = el("div", { class: "drawings", "aria-hidden": "true" }, this.drawings, this.names);
  }

  /** Forget the points, after they have changed. */
  forget() {
    this.drawn = new Map();
    this.drawings.replaceChildren();
  }

  /**
   * Return the greatest number of visible points that get labels.
   *
   * @param {number} width
   * @param {number} height
   */
  most(width, height) {
    return Math.min(DRAWINGS, (width * height) / ROOM);
  }

  /**
   * Draw the labels for the visible points; null: too many. Returns true if pictures stand for the points.
   *
   * @param {Library} points
   * @param {number[] | null} seen
   */
  draw(points, seen) {
    const pictured = Boolean(seen) && this.map.pictured;
    const titled = seen !== null && seen.length <= TITLES;
    const shown = pictured || titled ? seen ?? [] : [];
    reconcile(this.drawings, shown, (index) => `${index}${pictured}`, (index) => this.drawing(points, index, pictured), (node, index) => {
      const [x, y] = this.map.shown(index);
      node.style.transform = `translate(${x}px, ${y}px)`;
      node.classList.toggle("titled", titled);
      node.classList.toggle("faint", this.isFaint(index));
    });
    this.drawNames(seen !== null);
    if (shown.length) this.complete(points, shown);
    return pictured;
  }

  /** @param {number} index */
  isFaint(index) {
    const { order, matches } = this.map;
    return order !== null && !order.subarray(order.length - matches).includes(index);
  }

  /** @param {boolean} near */
  drawNames(near) {
    const { map } = this;
    /** @type {{left: number, right: number, top: number}[]} */
    const taken = [];
    reconcile(this.names, near || map.zoom > FAR ? [] : this.regions, (region) => region.name, (region) => el("span", { class: "region" }, el("bdi", {}, region.name)), () => undefined);
    const nodes = /** @type {HTMLElement[]} */ ([...this.names.children]); // in the document, and so measurable
    nodes.forEach((node, place) => {
      const region = this.regions[place];
      const [x, y] = [region.x, region.y].map((share, axis) => (MARGIN + (1 - 2 * MARGIN) * share) * [map.width, map.height][axis]);
      node.hidden = false;
      const half = node.offsetWidth / 2; // names at the edge stay readable
      const across = (x - map.centre[0]) * map.zoom + map.width / 2;
      const top = (y - map.centre[1]) * map.zoom + map.height / 2;
      const end = map.width - (top < map.buttons.offsetTop + map.buttons.offsetHeight + LINE ? map.width - map.buttons.offsetLeft : 0) - GAP;
      const inside = across > 0 && across < map.width ? Math.max(half + GAP, Math.min(end - half, across)) : across;
      const box = { left: inside - half, right: inside + half, top };
      node.hidden = taken.some((one) => Math.abs(one.top - top) < LINE && one.left < box.right && one.right > box.left);
      if (!node.hidden) taken.push(box);
      node.style.transform = `translate(${box.left}px, ${top}px)`;
    });
  }

  /**
   * @param {Library} points
   * @param {number} index
   * @param {boolean} pictured
   */
  drawing(points, index, pictured) {
    const known = this.drawn.get(index);
    if (known && known.classList.contains("pictured") === pictured) return known;
    const node = el("span", { class: pictured ? "drawing pictured" : "drawing" },
      pictured && el("span", { class: "picture" }, glyph(drawable(points, index))), el("bdi", { class: "title" }));
    this.drawn.set(index, node);
    this.fill(points, index, node);
    return node;
  }

  /**
   * Write the title of a track, and show its cover, once they are known.
   *
   * @param {Library} points
   * @param {number} index
   * @param {HTMLElement} node
   */
  fill(points, index, node) {
    const file = fileOf(points.ids[index]);
    if (!file || node.dataset.filled) return;
    node.dataset.filled = "true";
    setText(within(node, ".title"), titleOf(file));
    if (!file.tags?.cover || !node.classList.contains("pictured")) return;
    /** @type {HTMLImageElement} */
    const image = el("img", { src: `files/${file.id}/cover`, alt: "", onload: () => within(node, ".picture").replaceChildren(image) });
  }

  /**
   * Fetch what is not known of the visible tracks when the map rests.
   *
   * @param {Library} points
   * @param {number[]} shown
   */
  complete(points, shown) {
    if (this.waiting !== null) clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      this.waiting = null;
      try {
        await filesOf(shown.map((index) => points.ids[index]));
      } catch {
        return; // the connection notice reports it; the map works without titles
      }
      for (const index of shown) {
        const node = this.drawn.get(index);
        if (node) this.fill(points, index, node);
      }
    }, REST_MS);
  }
}

/**
 * Return a fingerprint whose undefined values can be drawn.
 *
 * @param {Library} points
 * @param {number} index
 */
const drawable = (points, index) => /** @type {import("../fingerprint.d.ts").Fingerprint} */ (
  Object.fromEntries(Object.entries(printOf(points, index)).map(([name, value]) => [name, Number.isNaN(value) ? 0 : value])));
