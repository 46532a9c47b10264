/** Selection of points by a drawn outline. */

const STEP = 4; // pixels between two corners of the outline

/** @typedef {[number, number]} Corner */

/**
 * Append a corner to an outline, unless it is close to the last one.
 *
 * @param {Corner[]} outline
 * @param {Corner} corner
 */
export function extend(outline, corner) {
  const last = outline.at(-1);
  if (!last || Math.hypot(corner[0] - last[0], corner[1] - last[1]) >= STEP) outline.push(corner);
}

/**
 * Return the indices of the points inside a closed outline (even-odd rule).
 *
 * @param {Corner[]} outline
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 */
export function inside(outline, xs, ys) {
  if (outline.length < 3) return [];
  const across = outline.map(([x]) => x);
  const down = outline.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...across), Math.max(...across), Math.min(...down), Math.max(...down)];
  const found = [];
  for (let index = 0; index < xs.length; index += 1) {
    const [x, y] = [xs[index], ys[index]];
    if (x >= left && x <= right && y >= top && y <= bottom && isInside(outline, x, y)) found.push(index);
  }
  return found;
}

/**
 * @param {Corner[]} outline
 * @param {number} x
 * @param {number} y
 */
function isInside(outline, x, y) {
  let odd = false;
  for (let here = 0, before = outline.length - 1; here < outline.length; before = here, here += 1) {
    const [x1, y1] = outline[here];
    const [x2, y2] = outline[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}
