import assert from "node:assert/strict";
import { test } from "node:test";

import { placesAround } from "../../static/explore/around.js";
import { shareKept } from "../../static/explore/honesty.js";
import { extend, inside } from "../../static/explore/lasso.js";
import { inReasons } from "../../static/explore/reasons.js";
import { findRegions } from "../../static/explore/regions.js";
import { spreadOf } from "../../static/explore/statistics.js";
import { fetchTag } from "../../static/points.js";
import { hueOf } from "../../static/glyph.js";
import { paletteColours, valueColours } from "../../static/colours.js";

/** @param {Record<string, number[]>} columns */
const library = (columns) => /** @type {any} */ ({
  count: Object.values(columns)[0].length,
  ids: Object.values(columns)[0].map((_, index) => index + 1),
  names: Object.keys(columns),
  columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float32Array.from(values)])),
});

/** Return numbers in [0, 1) that are the same in every run. */
function numbers() {
  let state = 7;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

test("an outline contains the points inside it, also where it is concave", () => {
  /** @type {[number, number][]} */
  const corner = [[0, 0], [10, 0], [10, 10], [5, 5], [0, 10]];
  const [xs, ys] = [Float32Array.of(2, 5, 8, 5, 20), Float32Array.of(5, 2, 5, 8, 5)];
  assert.deepEqual(inside(corner, xs, ys), [0, 1, 2]);
  assert.deepEqual(inside(corner.slice(0, 2), xs, ys), []);
});

test("an outline has no corners that are close together", () => {
  /** @type {[number, number][]} */
  const outline = [];
  for (const x of [0, 1, 2, 5, 6, 10]) extend(outline, [x, 0]);
  assert.deepEqual(outline, [[0, 0], [5, 0], [10, 0]]);
});

test("neighbours keep their order of directions, and the nearest is closest to the centre", () => {
  const neighbours = [2, 1, 3].map((distance, index) => ({ distance, direction: [0, 3, -2][index] }));
  const places = placesAround(neighbours);
  const radii = places.map(({ x, y }) => Math.hypot(x, y));
  assert.ok(radii[1] < radii[0] && radii[0] < radii[2]);
  assert.ok(Math.abs(radii[1] - 0.5) < 1e-9 && Math.abs(radii[2] - 1) < 1e-9);
  const turns = [2, 0, 1].map((index) => Math.atan2(places[index].y, places[index].x));
  const steps = [turns[1] - turns[0], turns[2] - turns[1]].map((step) => (step + 2 * Math.PI) % (2 * Math.PI));
  for (const step of steps) assert.ok(Math.abs(step - (2 * Math.PI) / 3) < 1e-9);
  assert.deepEqual(placesAround([]), []);
});

test("regions are dense places, named by a frequent genre or by what sets their tracks apart", () => {
  const random = numbers();
  const count = 400;
  const right = (/** @type {number} */ index) => index % 2;
  const xs = Float32Array.from({ length: count }, (_, index) => 0.2 + 0.6 * right(index) + 0.1 * random());
  const ys = Float32Array.from({ length: count }, () => 0.4 + 0.1 * random());
  const points = library({ lufs: Array.from(xs, (x) => (x > 0.5 ? -8 : -25) + random()), spectral_centroid: Array.from(xs, () => 1000 * random()) });
  const genres = Array.from(xs, (x, index) => (x > 0.5 ? (index % 4 === 1 ? "Rock" : null) : null));
  const regions = findRegions(xs, ys, points, genres);
  assert.equal(regions.length, 2);
  assert.deepEqual(regions.map(({ name }) => name).sort(), ["Rock", "quiet"]);
  assert.equal(regions.reduce((sum, { members }) => sum + members.length, 0), count);
});

test("the share of kept neighbours is 1 where the map shows all there is, and small where it shows nothing of it", async () => {
  const random = numbers();
  const values = Array.from({ length: 300 }, () => random());
  const line = Float32Array.from(values);
  const flat = new Float32Array(300);
  const { signal } = new AbortController();
  assert.equal(await shareKept(library({ lufs: values }), line, flat, signal), 1);
  const noise = Float32Array.from({ length: 300 }, () => random());
  assert.ok(Number(await shareKept(library({ lufs: values }), noise, flat, signal)) < 0.2);
  assert.equal(await shareKept(library({ lufs: [1, 2, 3] }), line, flat, signal), null);
});

test("undefined values count in no statistic", async () => {
  assert.deepEqual(spreadOf([1, NaN, 3]), { mean: 2, deviation: 1 });
  assert.deepEqual(spreadOf([NaN]), { mean: 0, deviation: 0 });
  const random = numbers();
  const xs = Float32Array.from({ length: 60 }, () => random());
  const points = library({ lufs: Array.from(xs, (x, index) => (index % 7 ? x : NaN)), tempo_bpm: Array.from(xs, () => NaN) });
  const { signal } = new AbortController();
  assert.ok(Number(await shareKept(points, xs, new Float32Array(60), signal)) > 0.5);
  for (const { name } of findRegions(xs, xs, points, Array(60).fill(null))) assert.ok(name);
});

test("reasons name what is the same first, then differences with their size", () => {
  const facts = /** @type {any[]} */ ([
    { dimension: "lufs", comparison: "same", amount: null },
    { dimension: "tempo_bpm", comparison: "same", amount: null },
    { dimension: "spectral_centroid", comparison: "more", amount: 900.4 },
    { dimension: "stereo_width", comparison: "less", amount: null },
  ]);
  assert.equal(inReasons(facts), "same loudness and tempo, brighter by 900 Hz, narrower");
  assert.equal(inReasons([]), "");
});

test("the tag of a point is found by its id", async (context) => {
  const base64 = (/** @type {ArrayBuffer} */ buffer) => Buffer.from(buffer).toString("base64");
  const part = { ids: base64(BigUint64Array.of(3n, 1n).buffer), columns: {}, tags: { genre: { values: ["Jazz"], indices: base64(Uint16Array.of(65535, 0).buffer) } } };
  context.mock.method(globalThis, "fetch", async () => new Response(`{"ranges": {}}\n${JSON.stringify(part)}\n`));
  assert.deepEqual(await fetchTag(/** @type {any} */ ({ ids: [1, 2, 3] }), "genre"), ["Jazz", null, null]);
});

test("the hues of common music use half of the circle", () => {
  const hues = [401, 666, 1019, 1252, 1844].map((centroid) => hueOf({ spectral_centroid: centroid, chroma_energy: 0.3 }));
  assert.deepEqual(hues, [...hues].sort((one, two) => one - two));
  assert.ok(hues[3] - hues[1] > 90, String(hues)); // between the quartiles
});

test("unknown values are grey, and kinds have colours of their own", () => {
  const { colours, low, high, lacking } = valueColours(Float32Array.of(1, NaN, 2));
  const palette = paletteColours(3);
  assert.deepEqual([low, high, lacking], [1, 2, 1]);
  assert.equal(colours[1], palette.packed[3]);
  assert.equal(new Set(palette.packed).size, 4);
});
