/** Places of similar tracks around a track: the distance from the centre is how much they differ. */

import { extent } from "../nearest.js";

/** @typedef {{distance: number, direction: number}} Neighbour */

const [INNER, OUTER] = [0.5, 1]; // radii of the nearest and the farthest neighbour

/**
 * Return a place for each neighbour, -1 to 1 in both axes, with the centre at 0. Their order around the centre is that of
 * their directions on the map of the library; the angles between them are equal, so that none covers another.
 *
 * @param {Neighbour[]} neighbours `direction` in radians
 * @returns {{x: number, y: number}[]} in the order of the neighbours
 */
export function placesAround(neighbours) {
  const order = neighbours.map((_, index) => index).sort((one, two) => neighbours[one].direction - neighbours[two].direction);
  const [least, most] = extent(neighbours.map(({ distance }) => distance)); // the ranks are not those of the distances
  const start = order.length ? neighbours[order[0]].direction : 0;
  /** @type {{x: number, y: number}[]} */
  const places = Array(neighbours.length);
  order.forEach((index, turn) => {
    const angle = start + (2 * Math.PI * turn) / order.length;
    const share = (neighbours[index].distance - least) / (most - least);
    const radius = INNER + (OUTER - INNER) * share;
    places[index] = { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
  return places;
}
