/** Nearest-neighbour search in the plane with a uniform grid. */

const CELLS = 128; // cells per side

/** Spatial index of static points. */
export class Nearest {
  /**
   * @param {Float32Array} xs
   * @param {Float32Array} ys
   */
  constructor(xs, ys) {
    this.xs = xs;
    this.ys = ys;
    const across = extent(xs);
    const upwards = extent(ys);
    this.left = across[0];
    this.right = across[1];
    this.bottom = upwards[0];
    this.top = upwards[1];
    /** @type {Map<number, number[]>} */
    this.cells = new Map();
    for (let index = 0; index < xs.length; index += 1) {
      const cell = this.column(xs[index]) + CELLS * this.row(ys[index]);
      const members = this.cells.get(cell);
      if (members) members.push(index);
      else this.cells.set(cell, [index]);
    }
  }

  /** @param {number} x */
  column(x) {
    return within(((x - this.left) / (this.right - this.left)) * CELLS);
  }

  /** @param {number} y */
  row(y) {
    return within(((y - this.bottom) / (this.top - this.bottom)) * CELLS);
  }

  /**
   * Return the index of the nearest point within `reach` of (x, y) for which `fits(index)` is true, or -1.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {(index: number) => boolean} fits
   */
  find(x, y, reach, fits = () => true) {
    let [best, distance] = [-1, reach ** 2];
    const [first, last] = [this.column(x - reach), this.column(x + reach)];
    for (let row = this.row(y - reach); row <= this.row(y + reach); row += 1) {
      for (let column = first; column <= last; column += 1) {
        for (const index of this.cells.get(column + CELLS * row) ?? []) {
          const away = (this.xs[index] - x) ** 2 + (this.ys[index] - y) ** 2;
          if (away <= distance && fits(index)) [best, distance] = [index, away];
        }
      }
    }
    return best;
  }
}

/** @param {number} cell */
const within = (cell) => Math.min(CELLS - 1, Math.max(0, Math.floor(cell)));

/**
 * Return minimum and maximum, widened if they are equal.
 *
 * @param {Iterable<number>} values
 */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? [low, high] : [(Number.isFinite(low) ? low : 0) - 1, (Number.isFinite(high) ? high : 0) + 1];
}
