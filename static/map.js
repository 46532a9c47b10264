/** Library map: a scatter plot with pan, zoom and keyboard navigation. */

import { announce, el, reconcile, setText } from "./dom.js";
import { glyph } from "./glyph.js";
import { t } from "./i18n.js";
import { Nearest, extent } from "./nearest.js";
import { printOf } from "./points.js";
import { Scatter } from "./scatter.js";

/** @typedef {import("./types.d.ts").Library} Library */
/** @typedef {{describe: (index: number) => Promise<string>, open: (index: number) => void}} Actions */

const MARGIN = 0.06; // margin as a share of the surface
const REACH = 18; // hit distance in CSS pixels
const [FURTHEST, CLOSEST] = [0.8, 400]; // zoom limits
const DRAWINGS = 120; // maximum number of visible points shown as glyphs
const ROOM = 4_000; // required area in square pixels for each glyph
const MOST_PIXELS = { resting: 2_000_000, moving: 700_000 }; // image size limit; larger surfaces are drawn at lower resolution
const REST_MS = 150; // delay after the last movement before the full-resolution image is drawn
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A map inside `container`. `describe(index)` returns a promise of the tooltip text, `open(index)` opens a track. */
export class LibraryMap {
  /**
   * @param {HTMLElement} container
   * @param {Actions} actions
   */
  constructor(container, { describe, open }) {
    this.describe = describe;
    this.open = open;
    this.zoom = 1;
    this.centre = [0.5, 0.5];
    this.selected = -1;
    this.asked = false;
    /** @type {Map<number, {x: number, y: number, way: number}>} */
    this.pointers = new Map();
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.resting = null;
    /** @type {Library | null} */
    this.points = null;
    /** @type {Uint32Array} */
    this.colours = new Uint32Array();
    this.pictured = false;
    /** @type {Map<number, HTMLElement>} */
    this.drawn = new Map();
    this.width = 0;
    this.height = 0;
    this.density = 1;
    this.unitX = this.unitY = new Float32Array();
    this.baseX = this.baseY = this.shownX = this.shownY = new Float32Array();
    /** @type {Nearest | null} */
    this.nearest = null;
    this.canvas = el("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": t("map.role"), "aria-describedby": "map-keys",
      "aria-label": t("map.label"),
    });
    this.drawings = el("div", { class: "drawings", "aria-hidden": "true" });
    this.ring = el("span", { class: "ring", "aria-hidden": "true", hidden: true });
    this.tip = el("p", { class: "tip", "aria-hidden": "true", hidden: true });
    const zoomBy = (/** @type {number} */ factor) => () => this.zoomAt(factor, this.width / 2, this.height / 2);
    const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick }, text);
    this.surface = el("div", { class: "surface" }, this.canvas, this.drawings, el("div", { class: "over" }, this.ring, this.tip),
      el("div", { class: "zoom" }, button("+", t("map.in"), zoomBy(1.6)), button("−", t("map.out"), zoomBy(1 / 1.6)), button("⤢", t("map.all"), () => this.whole())));
    this.axes = el("div", { class: "axes" });
    container.replaceChildren(this.surface, this.axes, el("p", { class: "hint", id: "map-keys" },
      t("map.keys")));
    this.scatter = new Scatter(this.canvas);
    this.listen();
  }

  /**
   * Show points at `xs`, `ys` (y upwards). `pictured` allows glyphs if few points are visible.
   *
   * @param {Library} points
   * @param {Float32Array} xs
   * @param {Float32Array} ys
   * @param {Uint32Array} colours
   * @param {boolean} pictured
   */
  show(points, xs, ys, colours, pictured) {
    this.points = points;
    this.colours = colours;
    this.pictured = pictured;
    this.selected = -1;
    this.drawn = new Map();
    this.drawings.replaceChildren();
    const [left, right] = extent(xs);
    const [bottom, top] = extent(ys);
    this.unitX = xs.map((x) => (x - left) / (right - left));
    this.unitY = ys.map((y) => (top - y) / (top - bottom));
    this.resize();
  }

  /**
   * Change the colours of the points.
   *
   * @param {Uint32Array} colours
   * @param {boolean} pictured
   */
  recolour(colours, pictured) {
    this.colours = colours;
    this.pictured = pictured;
    this.soon();
  }

  whole() {
    this.zoom = 1;
    this.centre = [this.width / 2, this.height / 2];
    this.moved();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.surface; // without the border, like the canvas
    if (!this.points || !width || !height) return;
    const share = this.width ? [this.centre[0] / this.width, this.centre[1] / this.height] : [0.5, 0.5];
    this.width = width;
    this.height = height;
    this.centre = [share[0] * width, share[1] * height];
    const spread = (/** @type {Float32Array} */ units, /** @type {number} */ size) => units.map((unit) => size * (MARGIN + (1 - 2 * MARGIN) * unit));
    this.baseX = spread(this.unitX, width);
    this.baseY = spread(this.unitY, height);
    this.shownX = new Float32Array(this.baseX.length);
    this.shownY = new Float32Array(this.baseY.length);
    this.nearest = new Nearest(this.baseX, this.baseY);
    this.draw();
  }

  /** Draw at low resolution now and at full resolution when movement stops. */
  moved() {
    if (this.resting !== null) clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.resting = null;
      this.soon();
    }, REST_MS);
    this.soon();
  }

  soon() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const { points } = this;
    if (!points || !this.nearest || !this.surface.offsetParent) return;
    const { zoom, centre, width, height, baseX, baseY, shownX, shownY } = this;
    const pixels = this.resting === null ? MOST_PIXELS.resting : MOST_PIXELS.moving;
    const density = this.density = Math.min(devicePixelRatio || 1, Math.sqrt(pixels / (width * height)));
    this.scatter.resize(width, height, density);
    const most = Math.min(DRAWINGS, (width * height) / ROOM);
    /** @type {number[] | null} */
    let seen = this.pictured ? [] : null;
    for (let index = 0; index < baseX.length; index += 1) {
      const x = (baseX[index] - centre[0]) * zoom + width / 2;
      const y = (baseY[index] - centre[1]) * zoom + height / 2;
      shownX[index] = x * density;
      shownY[index] = y * density;
      if (!seen || x < 0 || y < 0 || x > width || y > height) continue;
      if (seen.length < most) seen.push(index);
      else seen = null;
    }
    this.surface.classList.toggle("near", Boolean(seen));
    reconcile(this.drawings, seen ?? [], (index) => index, (index) => this.drawing(points, index), (node, index) => {
      node.style.transform = `translate(${shownX[index] / density}px, ${shownY[index] / density}px)`;
    });
    const none = new Float32Array(0);
    this.scatter.draw(seen ? none : shownX, seen ? none : shownY, this.colours, { ...this.dots(), background: this.background() });
    this.place();
  }

  /**
   * @param {Library} points
   * @param {number} index
   */
  drawing(points, index) {
    const node = this.drawn.get(index) ?? el("span", { class: "drawing" }, glyph(printOf(points, index)));
    this.drawn.set(index, node);
    return node;
  }

  /** Radius and opacity of the points: smaller for many points, larger when zoomed in. */
  dots() {
    const number = this.baseX.length;
    const radius = Math.min(7, (1.1 + 120 / Math.sqrt(number + 1)) * this.zoom ** 0.3) * this.density;
    return { radius: Math.round(4 * radius) / 4, opacity: Math.min(0.95, 0.45 + 12 / Math.sqrt(number + 1) + 0.1 * Math.log2(Math.max(1, this.zoom))) };
  }

  background() {
    const [red, green, blue] = getComputedStyle(this.surface).backgroundColor.match(/\d+/g)?.map(Number) ?? [255, 255, 255];
    return (blue << 16) | (green << 8) | red;
  }

  /** Place ring and tooltip at the selected point. */
  place() {
    const chosen = this.selected >= 0;
    this.ring.hidden = this.tip.hidden = !chosen;
    if (!chosen) return;
    const [x, y] = [this.shownX[this.selected] / this.density, this.shownY[this.selected] / this.density];
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
    this.tip.classList.toggle("left", x > this.width / 2);
    this.tip.style.transform = `translate(${x}px, ${Math.min(Math.max(y, 30), this.height - 30)}px)`;
  }

  /**
   * Select a point (-1: none) and announce it.
   *
   * @param {number} index
   * @param {{aloud?: boolean}} options
   */
  async choose(index, { aloud = false } = {}) {
    if (index === this.selected) return;
    this.selected = index;
    this.place();
    this.surface.classList.toggle("pointing", index >= 0);
    if (index < 0) return;
    setText(this.tip, "…");
    const text = await this.describe(index);
    if (index !== this.selected) return;
    setText(this.tip, text);
    if (aloud) announce(text);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]}
   */
  toBase(x, y) {
    return [(x - this.width / 2) / this.zoom + this.centre[0], (y - this.height / 2) / this.zoom + this.centre[1]];
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    return this.nearest ? this.nearest.find(...this.toBase(x, y), REACH / this.zoom) : -1;
  }

  /**
   * Zoom around (x, y).
   *
   * @param {number} factor
   * @param {number} x
   * @param {number} y
   */
  zoomAt(factor, x, y) {
    const [baseX, baseY] = this.toBase(x, y);
    this.zoom = Math.min(CLOSEST, Math.max(FURTHEST, this.zoom * factor));
    this.centre = [baseX - (x - this.width / 2) / this.zoom, baseY - (y - this.height / 2) / this.zoom];
    this.moved();
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  move(x, y) {
    this.centre = [this.centre[0] - x / this.zoom, this.centre[1] - y / this.zoom];
    this.moved();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.pointers.size || this.choose(-1));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(this.surface);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.soon());
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, way: 0 });
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const held = this.pointers.get(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    if (!held) {
      this.choose(this.at(x, y));
      return;
    }
    const other = [...this.pointers.values()].find((one) => one !== held);
    const [dx, dy] = [x - held.x, y - held.y];
    if (other) {
      const before = Math.hypot(held.x - other.x, held.y - other.y);
      this.zoomAt(Math.hypot(x - other.x, y - other.y) / Math.max(1, before), (x + other.x) / 2, (y + other.y) / 2);
      this.move(dx / 2, dy / 2);
    } else this.move(dx, dy);
    Object.assign(held, { x, y, way: held.way + Math.hypot(dx, dy) });
  }

  /** @param {PointerEvent} event */
  release(event) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!held || held.way > 5 || this.pointers.size) return;
    const index = this.at(event.offsetX, event.offsetY);
    if (index >= 0) this.open(index);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (document.activeElement !== this.canvas && !event.ctrlKey && !event.metaKey) return; // let the page scroll
    event.preventDefault();
    this.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const [x, y] = [this.width / 2, this.height / 2];
    if (event.key in ARROWS) this.step(ARROWS[event.key]);
    else if (event.key === "Enter" && this.selected >= 0) this.open(this.selected);
    else if (event.key === "+" || event.key === "=") this.zoomAt(1.6, x, y);
    else if (event.key === "-") this.zoomAt(1 / 1.6, x, y);
    else if (event.key === "0") this.whole();
    else return;
    event.preventDefault();
  }

  /**
   * Select the nearest point in a direction, or the central point if there is no selection.
   *
   * @param {[number, number]} direction
   */
  step([wayX, wayY]) {
    if (!this.nearest) return;
    const [fromX, fromY] = this.selected < 0 ? this.centre : [this.baseX[this.selected], this.baseY[this.selected]];
    const ahead = (/** @type {number} */ index) => {
      const [x, y] = [this.baseX[index] - fromX, this.baseY[index] - fromY];
      const forward = x * wayX + y * wayY;
      return forward > 1e-6 && forward >= Math.abs(x * wayY + y * wayX);
    };
    const fits = this.selected < 0 ? undefined : ahead;
    let index = -1;
    for (let reach = REACH; index < 0 && reach < 4 * (this.width + this.height); reach *= 2) index = this.nearest.find(fromX, fromY, reach, fits);
    if (index < 0) return;
    const [x, y] = [this.baseX[index], this.baseY[index]];
    if (Math.abs(x - this.centre[0]) * this.zoom > this.width / 2.2 || Math.abs(y - this.centre[1]) * this.zoom > this.height / 2.2) this.centre = [x, y];
    this.soon();
    this.choose(index, { aloud: true });
  }
}
