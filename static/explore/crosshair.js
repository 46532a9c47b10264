/** An outline drawn with keys: arrows move a crosshair, Enter sets a corner. */

import { announce, el } from "../dom.js";
import { percent } from "../format.js";
import { t } from "../i18n.js";
import { inside } from "./lasso.js";

/** @typedef {import("../map.js").LibraryMap} LibraryMap */
/** @typedef {import("./lasso.js").Corner} Corner */

const STEP = 24; // pixels of an arrow key
const FINE = 4; // with Shift
const LEAST = 3; // corners of an outline

export class Crosshair {
  /**
   * @param {LibraryMap} map
   * @param {{draw: (corners: Corner[]) => void, close: (corners: Corner[]) => void}} actions `draw` gets corners in
   *   pixels of the surface, `close` as shares of the map
   */
  constructor(map, actions) {
    this.map = map;
    this.actions = actions;
    /** Place as shares of the map; null: not shown. @type {Corner | null} */
    this.at = null;
    /** @type {Corner[]} */
    this.corners = [];
    this.node = el("span", { class: "crosshair", "aria-hidden": "true", hidden: true });
  }

  /** Forget the corners, and hide the crosshair. */
  end() {
    this.at = null;
    this.corners = [];
    this.actions.draw([]);
    this.place();
  }

  /** Draw crosshair and corners where they are now. */
  place() {
    this.node.hidden = !this.at;
    if (!this.at) return;
    const [x, y] = this.map.toSurface(...this.at);
    this.node.style.transform = `translate(${x}px, ${y}px)`;
    this.actions.draw([...this.corners, this.at].map((corner) => this.map.toSurface(...corner)));
  }

  /**
   * Handle a key while an outline is drawn. Returns false for keys that mean nothing here.
   *
   * @param {KeyboardEvent} event
   * @param {[number, number] | undefined} way of an arrow key
   */
  key(event, way) {
    if (way) this.move(way, event.shiftKey ? FINE : STEP);
    else if (event.key === "Enter") this.set();
    else if (event.key === "Backspace") this.takeBack();
    else if (event.key === " ") this.finish();
    else return false;
    return true;
  }

  /**
   * @param {[number, number]} way
   * @param {number} step
   */
  move([wayX, wayY], step) {
    const { map } = this;
    const [x, y] = this.here();
    const limited = (/** @type {number} */ one, /** @type {number} */ size) => Math.min(size, Math.max(0, one));
    this.at = map.toUnit(limited(x + wayX * step, map.width), limited(y + wayY * step, map.height));
    this.place();
    announce(this.where());
  }

  /** Return the place of the crosshair in pixels; it begins at the track that is pointed at, or in the middle. */
  here() {
    const { map } = this;
    if (this.at) return map.toSurface(...this.at);
    return map.pointed < 0 ? /** @type {Corner} */ ([map.width / 2, map.height / 2]) : map.shown(map.pointed);
  }

  /** Return the place of the crosshair in words. */
  where() {
    const [x, y] = this.here();
    return t("map.outline-at", { across: percent((100 * x) / this.map.width), down: percent((100 * y) / this.map.height) });
  }

  set() {
    this.at ??= this.map.toUnit(...this.here());
    this.corners.push(this.at);
    this.place();
    this.say();
  }

  takeBack() {
    this.corners.pop();
    this.place();
    this.say();
  }

  say() {
    const { unitX, unitY } = this.map;
    const corners = t("map.outline-corners", { count: this.corners.length });
    announce(this.corners.length < LEAST ? corners : `${corners} ${t("map.outline-inside", { count: inside(this.corners, unitX, unitY).length })}`);
  }

  finish() {
    if (this.corners.length < LEAST) announce(t("map.outline-few"));
    else this.actions.close(this.corners);
  }
}
