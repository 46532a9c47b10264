/** Pointer, wheel and keyboard of the library map. */

import { svg } from "../dom.js";
import { Crosshair } from "./crosshair.js";
import { extend } from "./lasso.js";

/** @typedef {import("../map.js").LibraryMap} LibraryMap */
/** @typedef {{x: number, y: number, way: number}} Held */

const LONG_MS = 500; // a press of this length is for listening
const STILL = 8; // pixels that a finger may move in a long press
const CLICK = 5; // pixels that a pointer may move in a click
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MapGestures {
  /** @param {LibraryMap} map */
  constructor(map) {
    this.map = map;
    /** Whether pointing at a track plays it. */
    this.listening = false;
    /** @type {Map<number, Held>} */
    this.pointers = new Map();
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.long = null;
    this.heard = false; // the press was for listening, not for a click
    /** @type {import("./lasso.js").Corner[] | null} */
    this.outline = null;
    this.line = svg("polyline", { fill: "none" });
    this.crosshair = new Crosshair(map, { draw: (corners) => this.drawOutline(corners), close: (corners) => this.closeOutline(corners) });
    map.surface.append(svg("svg", { class: "outline", "aria-hidden": "true" }, this.line));
    map.over.append(this.crosshair.node);
    const { canvas } = map;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.cancel(event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("contextmenu", (event) => this.heard && event.preventDefault()); // of a long press
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, way: 0 });
    this.map.canvas.setPointerCapture(event.pointerId);
    this.heard = false;
    if (this.map.outlining) {
      this.outline = [[event.offsetX, event.offsetY]];
      return;
    }
    const index = this.map.at(event.offsetX, event.offsetY);
    if (index < 0 || event.pointerType === "mouse") return;
    this.long = setTimeout(() => {
      this.heard = true;
      this.map.point(index);
      this.map.actions.listen(index);
    }, LONG_MS);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { map } = this;
    const held = this.pointers.get(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    if (!held) return this.hover(map.at(x, y));
    if (this.outline) return this.extendOutline(x, y);
    const other = [...this.pointers.values()].find((one) => one !== held);
    const [dx, dy] = [x - held.x, y - held.y];
    const way = held.way + Math.hypot(dx, dy);
    if (way > STILL) this.endLong();
    if (other) {
      const before = Math.hypot(held.x - other.x, held.y - other.y);
      map.zoomAt(Math.hypot(x - other.x, y - other.y) / Math.max(1, before), (x + other.x) / 2, (y + other.y) / 2);
      map.pan(dx / 2, dy / 2);
    } else if (!this.heard) map.pan(dx, dy);
    Object.assign(held, { x, y, way });
  }

  /** @param {number} index */
  hover(index) {
    if (index === this.map.pointed) return;
    this.map.point(index);
    if (this.listening) this.map.actions.listen(index);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  extendOutline(x, y) {
    if (!this.outline) return;
    extend(this.outline, [x, y]);
    this.drawOutline(this.outline);
  }

  /** @param {import("./lasso.js").Corner[]} corners in pixels; none removes the line */
  drawOutline(corners) {
    this.line.setAttribute("points", [...corners, ...corners.slice(0, 1)].map((corner) => corner.join()).join(" "));
  }

  /** @param {PointerEvent} event */
  release(event) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    this.endLong();
    if (this.outline) return this.endOutline();
    if (this.heard) return this.map.actions.listen(-1);
    if (!held || held.way > CLICK || this.pointers.size) return;
    const index = this.map.at(event.offsetX, event.offsetY);
    if (event.detail > 1 && index >= 0) this.map.actions.open(index);
    else this.map.actions.select(index);
  }

  endOutline() {
    const corners = (this.outline ?? []).map(([x, y]) => this.map.toUnit(x, y));
    this.closeOutline(corners);
  }

  /** @param {import("./lasso.js").Corner[]} corners as shares of the map */
  closeOutline(corners) {
    this.endOutlining();
    this.map.actions.outlined(corners);
  }

  endOutlining() {
    this.outline = null;
    this.drawOutline([]);
    if (this.map.outlining) this.map.toggleOutline();
  }

  /** @param {PointerEvent} event */
  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.endLong();
    if (this.heard) this.map.actions.listen(-1);
    this.outline = null;
    this.drawOutline([]);
  }

  endLong() {
    if (this.long !== null) clearTimeout(this.long);
    this.long = null;
  }

  leave() {
    if (!this.pointers.size) this.hover(-1);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const { map } = this;
    if (document.activeElement !== map.canvas && !event.ctrlKey && !event.metaKey) return; // let the page scroll
    event.preventDefault();
    map.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { map } = this;
    const [x, y] = [map.width / 2, map.height / 2];
    const reached = map.pointed < 0 ? map.selected : map.pointed;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (map.outlining && ["Escape", "o"].includes(event.key)) this.endOutlining();
    else if (map.outlining && this.crosshair.key(event, ARROWS[event.key])) map.point(-1);
    else if (event.key === "o") map.toggleOutline();
    else if (event.key in ARROWS) map.step(ARROWS[event.key]);
    else if (event.key === "Enter" && reached >= 0) map.actions.open(reached);
    else if (event.key === " " && reached >= 0) map.actions.select(reached);
    else if (event.key === "l" && reached >= 0) map.actions.listen(reached);
    else if (event.key === "+" || event.key === "=") map.zoomAt(1.6, x, y);
    else if (event.key === "-") map.zoomAt(1 / 1.6, x, y);
    else if (event.key === "0") map.whole();
    else return;
    event.preventDefault();
  }
}
