/** Library map: a scatter plot with pan, zoom, search, an outline tool and keyboard navigation. */

import { announce, el, oncePerFrame, setAttribute, setText, svg } from "./dom.js";
import { MapGestures } from "./explore/gestures.js";
import { MARGIN, MapLabels } from "./explore/labels.js";
import { t } from "./i18n.js";
import { Nearest, extent } from "./nearest.js";
import { Scatter } from "./scatter.js";

/** @typedef {import("./types.d.ts").Library} Library */
/** @typedef {import("./explore/regions.js").Region} Region */
/**
 * What the map tells its owner. `describe` returns the text for a point; `select` is called with the point that was
 * clicked, `open` with the one to show in full, `listen` with the one to hear (-1: none), `outlined` with the
 * corners of a drawn outline, as shares of the map.
 *
 * @typedef {{describe: (index: number) => Promise<string>, select: (index: number) => void, open: (index: number) => void,
 *   listen: (index: number) => void, outlined: (corners: import("./explore/lasso.js").Corner[]) => void}} Actions
 */

const REACH = 18; // hit distance in CSS pixels
const [FURTHEST, CLOSEST] = [0.8, 400]; // zoom limits
const MOST_PIXELS = { resting: 2_000_000, moving: 700_000 }; // image size limit; larger surfaces are drawn at lower resolution
const REST_MS = 150; // delay after the last movement before the full-resolution image is drawn
const FAINT = 0.14; // strength of the points that a search does not match

export class LibraryMap {
  /**
   * @param {HTMLElement} container
   * @param {Actions} actions
   */
  constructor(container, actions) {
    this.actions = actions;
    this.zoom = 1;
    this.centre = [0.5, 0.5];
    /** Draw in the next frame. */
    this.soon = oncePerFrame(() => this.draw());
    /** Indices of the tracks of a route, in its order. @type {number[]} */
    this.route = [];
    this.pointed = -1; // under the pointer, or reached by the arrow keys
    this.selected = -1;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.resting = null;
    /** @type {Library | null} */
    this.points = null;
    this.colours = new Uint32Array();
    this.pictured = false;
    /** Indices to draw, the matches of a search last. @type {Uint32Array | null} */
    this.order = null;
    this.matches = 0;
    /** The latest colours with faint points. @type {{order: Uint32Array, from: Uint32Array, background: number, colours: Uint32Array} | null} */
    this.mixed = null;
    this.width = this.height = 0;
    this.density = 1;
    this.unitX = this.unitY = new Float32Array();
    this.baseX = this.baseY = this.shownX = this.shownY = new Float32Array();
    /** @type {Nearest | null} */
    this.nearest = null;
    this.canvas = el("canvas", {
      tabindex: 0, role: "application", "aria-roledescription": t("map.role"), "aria-describedby": "map-keys", "aria-label": t("map.label"),
    });
    this.labels = new MapLabels(this);
    this.ring = el("span", { class: "ring", "aria-hidden": "true", hidden: true });
    this.pin = el("span", { class: "ring pin", "aria-hidden": "true", hidden: true });
    this.tip = el("p", { class: "tip", "aria-hidden": "true", hidden: true });
    const zoomBy = (/** @type {number} */ factor) => () => this.zoomAt(factor, this.width / 2, this.height / 2);
    const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick }, text);
    this.outliner = el("button", { type: "button", "aria-pressed": "false", "aria-label": t("map.outline"), title: t("map.outline"), onclick: () => this.toggleOutline() }, "✎");
    this.way = svg("polyline", { fill: "none" });
    this.buttons = el("div", { class: "zoom" }, button("+", t("map.in"), zoomBy(1.6)), button("−", t("map.out"), zoomBy(1 / 1.6)), button("⤢", t("map.all"), () => this.whole()), this.outliner);
    this.surface = el("div", { class: "surface" }, this.canvas, svg("svg", { class: "route", "aria-hidden": "true" }, this.way), this.labels.node, this.over = el("div", { class: "over" }, this.pin, this.ring, this.tip), this.buttons);
    this.axes = el("div", { class: "axes" });
    this.how = el("p", { class: "hint", id: "map-outline-how", hidden: true }, t("map.outline-how"));
    container.replaceChildren(this.surface, this.axes, this.how, el("p", { class: "hint", id: "map-keys" }, t("map.keys")));
    this.scatter = new Scatter(this.canvas);
    this.gestures = new MapGestures(this);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.surface);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.scheme.addEventListener("change", this.soon);
  }

  /** Release what outlives the nodes of the map. */
  end() {
    this.observer.disconnect();
    this.scheme.removeEventListener("change", this.soon);
    if (this.resting !== null) clearTimeout(this.resting);
  }

  /**
   * Show points at `xs`, `ys` (y upwards). `pictured` allows covers and glyphs if few points are visible.
   *
   * @param {Library} points
   * @param {Float32Array} xs
   * @param {Float32Array} ys
   * @param {{colours: Uint32Array, pictured: boolean}} colouring
   */
  show(points, xs, ys, colouring) {
    const held = this.points?.ids[this.pointed]; // the track that is pointed at stays so
    this.points = points;
    Object.assign(this, colouring);
    this.selected = -1;
    this.pointed = held === undefined ? -1 : points.ids.indexOf(held);
    this.order = null;
    this.route = [];
    this.labels.forget();
    const [left, right] = extent(xs);
    const [bottom, top] = extent(ys);
    this.unitX = xs.map((x) => (x - left) / (right - left));
    this.unitY = ys.map((y) => (top - y) / (top - bottom));
    this.resize();
  }

  /**
   * Change the colours of the points.
   *
   * @param {{colours: Uint32Array, pictured: boolean}} colouring
   */
  recolour(colouring) {
    Object.assign(this, colouring);
    this.soon();
  }

  /**
   * Draw some points over the others, which become faint; null for all alike.
   *
   * @param {Set<number> | null} indices
   */
  emphasise(indices) {
    const number = this.baseX.length;
    this.matches = indices?.size ?? 0;
    this.order = null;
    if (indices) {
      const order = new Uint32Array(number);
      let [first, last] = [0, number - indices.size];
      for (let index = 0; index < number; index += 1) order[indices.has(index) ? last++ : first++] = index;
      this.order = order;
    }
    this.soon();
  }

  whole() {
    this.zoom = 1;
    this.centre = [this.width / 2, this.height / 2];
    this.moved();
  }

  /**
   * Zoom so that some points fill the surface.
   *
   * @param {number[]} indices
   */
  fit(indices) {
    if (!indices.length || !this.width) return;
    const [left, right] = extent(indices.map((index) => this.baseX[index]));
    const [top, bottom] = extent(indices.map((index) => this.baseY[index]));
    this.centre = [(left + right) / 2, (top + bottom) / 2];
    this.zoom = Math.min(CLOSEST, Math.max(1, 0.8 * Math.min(this.width / (right - left), this.height / (bottom - top))));
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

  draw() {
    const { points } = this;
    if (!points || !this.nearest || !this.surface.offsetParent) return;
    const { zoom, centre, width, height, baseX, baseY, shownX, shownY } = this;
    const pixels = this.resting === null ? MOST_PIXELS.resting : MOST_PIXELS.moving;
    const density = this.density = Math.min(devicePixelRatio || 1, Math.sqrt(pixels / (width * height)));
    this.scatter.resize(width, height, density);
    const most = this.labels.most(width, height);
    /** @type {number[] | null} */
    let seen = [];
    for (let index = 0; index < baseX.length; index += 1) {
      const x = (baseX[index] - centre[0]) * zoom + width / 2;
      const y = (baseY[index] - centre[1]) * zoom + height / 2;
      shownX[index] = x * density;
      shownY[index] = y * density;
      if (!seen || x < 0 || y < 0 || x > width || y > height) continue;
      if (seen.length < most) seen.push(index);
      else seen = null;
    }
    const pictured = this.labels.draw(points, seen);
    this.surface.classList.toggle("near", pictured);
    const none = new Float32Array(0);
    const background = this.background();
    this.scatter.draw(pictured ? none : shownX, pictured ? none : shownY, this.painted(background), { ...this.dots(), background, order: this.order });
    this.place();
  }

  /**
   * The colours to draw: those of points without emphasis are close to the background.
   *
   * @param {number} background
   */
  painted(background) {
    const { order, colours, mixed: known } = this;
    if (!order) return colours;
    if (known && known.order === order && known.from === colours && known.background === background) return known.colours;
    const mixed = Uint32Array.from(colours);
    const faint = (/** @type {number} */ colour) => [0, 8, 16].reduce((sum, shift) => {
      const [below, own] = [(background >> shift) & 255, (colour >> shift) & 255];
      return sum | (Math.round(below + FAINT * (own - below)) << shift);
    }, 0);
    for (let turn = 0; turn < order.length - this.matches; turn += 1) mixed[order[turn]] = faint(colours[order[turn]]);
    this.mixed = { order, from: colours, background, colours: mixed };
    return mixed;
  }

  /** Radius and opacity of the points: smaller for many points, larger when zoomed in. */
  dots() {
    const number = this.baseX.length;
    const radius = Math.min(7, (1.1 + 120 / Math.sqrt(number + 1)) * this.zoom ** 0.3) * this.density;
    const opacity = Math.min(0.95, 0.45 + 12 / Math.sqrt(number + 1) + 0.1 * Math.log2(Math.max(1, this.zoom)));
    return { radius: Math.round(4 * radius) / 4, opacity: this.order ? 0.95 : opacity };
  }

  background() {
    const [red, green, blue] = getComputedStyle(this.surface).backgroundColor.match(/\d+/g)?.map(Number) ?? [255, 255, 255];
    return (blue << 16) | (green << 8) | red;
  }

  /**
   * Draw a line through tracks, in their order; none removes it.
   *
   * @param {number[]} indices
   */
  connect(indices) {
    this.route = indices;
    this.soon();
  }

  /** Place the route, the rings and the tooltip. */
  place() {
    setAttribute(this.way, "points", this.route.map((index) => this.shown(index).join()).join(" "));
    this.move(this.pin, this.selected === this.pointed ? -1 : this.selected);
    this.move(this.ring, this.pointed);
    this.gestures.crosshair.place();
    this.tip.hidden = this.pointed < 0;
    if (this.pointed < 0) return;
    const [x, y] = this.shown(this.pointed);
    this.tip.classList.toggle("left", x > this.width / 2);
    this.tip.style.transform = `translate(${x}px, ${Math.min(Math.max(y, 30), this.height - 30)}px)`;
  }

  /**
   * @param {HTMLElement} ring
   * @param {number} index
   */
  move(ring, index) {
    ring.hidden = index < 0;
    if (index >= 0) ring.style.transform = `translate(${this.shown(index).map((one) => `${one}px`).join(", ")})`;
  }

  /**
   * Return the place of a point in CSS pixels.
   *
   * @param {number} index
   * @returns {[number, number]}
   */
  shown(index) {
    return [this.shownX[index] / this.density, this.shownY[index] / this.density];
  }

  /**
   * Point at a track (-1: none), and announce it if asked.
   *
   * @param {number} index
   * @param {{aloud?: boolean}} options
   */
  async point(index, { aloud = false } = {}) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.place();
    this.surface.classList.toggle("pointing", index >= 0);
    if (index < 0) return;
    setText(this.tip, "…");
    const text = await this.actions.describe(index);
    if (index !== this.pointed) return;
    setText(this.tip, text);
    if (aloud) announce(text);
  }

  /**
   * Mark a track as selected (-1: none), and bring it into view.
   *
   * @param {number} index
   */
  select(index) {
    this.selected = index;
    if (index >= 0) this.reveal(index);
    this.soon();
  }

  /** @param {number} index */
  reveal(index) {
    const [x, y] = [this.baseX[index], this.baseY[index]];
    const far = (/** @type {number} */ one, /** @type {number} */ middle, /** @type {number} */ size) => Math.abs(one - middle) * this.zoom > size / 2.2;
    if (far(x, this.centre[0], this.width) || far(y, this.centre[1], this.height)) this.centre = [x, y];
  }

  toggleOutline() {
    const on = this.outliner.getAttribute("aria-pressed") !== "true";
    setAttribute(this.outliner, "aria-pressed", String(on));
    this.surface.classList.toggle("outlining", on);
    this.how.hidden = !on;
    setAttribute(this.canvas, "aria-describedby", on ? "map-outline-how" : "map-keys");
    this.gestures.crosshair.end();
    if (!on) return;
    this.canvas.focus({ preventScroll: true });
    announce(t("map.outline-how"));
  }

  /** Whether dragging draws an outline. */
  get outlining() {
    return this.surface.classList.contains("outlining");
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
   * Return a place of the surface as shares of the map, in which all points lie between 0 and 1.
   *
   * @param {number} x
   * @param {number} y
   * @returns {[number, number]}
   */
  toUnit(x, y) {
    const [baseX, baseY] = this.toBase(x, y);
    return [(baseX / this.width - MARGIN) / (1 - 2 * MARGIN), (baseY / this.height - MARGIN) / (1 - 2 * MARGIN)];
  }

  /**
   * Return the place on the surface of shares of the map.
   *
   * @param {number} unitX
   * @param {number} unitY
   * @returns {[number, number]}
   */
  toSurface(unitX, unitY) {
    const spread = (/** @type {number} */ unit, /** @type {number} */ size) => size * (MARGIN + (1 - 2 * MARGIN) * unit);
    const [x, y] = [spread(unitX, this.width), spread(unitY, this.height)];
    return [(x - this.centre[0]) * this.zoom + this.width / 2, (y - this.centre[1]) * this.zoom + this.height / 2];
  }

  /**
   * Return the point at a place of the surface, or -1.
   *
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
  pan(x, y) {
    this.centre = [this.centre[0] - x / this.zoom, this.centre[1] - y / this.zoom];
    this.moved();
  }

  /**
   * Point at the nearest track in a direction, or at the central one if no track is selected.
   *
   * @param {[number, number]} direction
   */
  step([wayX, wayY]) {
    if (!this.nearest) return;
    const from = this.pointed < 0 ? this.selected : this.pointed;
    const [fromX, fromY] = from < 0 ? this.centre : [this.baseX[from], this.baseY[from]];
    const ahead = (/** @type {number} */ index) => {
      const [x, y] = [this.baseX[index] - fromX, this.baseY[index] - fromY];
      const forward = x * wayX + y * wayY;
      return forward > 1e-6 && forward >= Math.abs(x * wayY + y * wayX);
    };
    const fits = from < 0 ? undefined : ahead;
    let index = -1;
    for (let reach = REACH; index < 0 && reach < 4 * (this.width + this.height); reach *= 2) index = this.nearest.find(fromX, fromY, reach, fits);
    if (index < 0) return;
    this.reveal(index);
    this.soon();
    this.point(index, { aloud: true });
  }
}
