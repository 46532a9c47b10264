/** Selection of points by a drawn outline. */

const STEP = 4; // pixels between two corners of the outline
const WRITTEN = 60; // corners in an address
const STEPS = 1000; // between 0 and 1 in an address

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

/**
 * Return an outline as the text of an address: some of its corners, in thousandths of the map.
 *
 * @param {Corner[]} corners as shares of the map
 */
export function written(corners) {
  const every = Math.ceil(corners.length / WRITTEN);
  return corners.filter((_, index) => index % every === 0).flat().map((share) => Math.round(STEPS * share)).join(".");
}

/**
 * Read an outline from an address.
 *
 * @param {string} text
 * @returns {Corner[]}
 */
export function readOutline(text) {
  const shares = text.split(".").map((one) => Number(one) / STEPS).filter(Number.isFinite);
  return Array.from({ length: Math.floor(shares.length / 2) }, (_, index) => [shares[2 * index], shares[2 * index + 1]]);
}
