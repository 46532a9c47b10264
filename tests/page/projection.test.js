import assert from "node:assert/strict";
import { test } from "node:test";

import { axesAlong, project } from "../../static/projection.js";

/** @typedef {import("../../static/types.d.ts").Library} Library */

/** @param {Record<string, number[]>} columns */
function library(columns) {
  const names = Object.keys(columns);
  const count = columns[names[0]].length;
  const ids = Array.from({ length: count }, (_, index) => index);
  const arrays = Object.fromEntries(names.map((name) => [name, Float32Array.from(columns[name])]));
  return /** @type {any} */ ({ count, ids, names, columns: arrays });
}

const dimensions = /** @type {any[]} */ ([{ name: "lufs", unit: "LUFS" }, { name: "crest_db", unit: "dB" }, { name: "stereo_width", unit: "" }]);

test("the first axis is the direction of the greatest variance", () => {
  const line = Array.from({ length: 50 }, (_, index) => index);
  const { x, axes } = project(library({ lufs: line, crest_db: line.map((value) => -2 * value), stereo_width: line.map(() => 0.5) }), dimensions);
  assert.ok(axes[0].share > 0.999);
  assert.ok(Math.abs(x.reduce((sum, value) => sum + value, 0)) < 1e-3);
  assert.ok(axes[0].high.includes("lufs") !== axes[0].high.includes("crest_db"));
});

test("a constant dimension has no influence", () => {
  const values = [1, 2, 3, 4];
  const { axes } = project(library({ lufs: values, crest_db: values, stereo_width: [7, 7, 7, 7] }), dimensions);
  for (const axis of axes) assert.ok(![...axis.low, ...axis.high].includes("stereo_width"));
});

test("the same library has the same projection", () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const input = library({ lufs: values, crest_db: values.toReversed(), stereo_width: values.map((value) => value ** 2) });
  assert.deepEqual(project(input, dimensions), project(input, dimensions));
});

test("outliers are clipped at three standard deviations", () => {
  const values = [...Array.from({ length: 99 }, (_, index) => index % 2), 1000];
  const { x } = project(library({ lufs: values, crest_db: values.map(() => 0), stereo_width: values.map(() => 0) }), dimensions);
  assert.ok(Math.max(...x.map(Math.abs)) <= 3 + 1e-6);
});

test("axes of another map are named by the dimensions that grow along them", () => {
  const values = Array.from({ length: 40 }, (_, index) => index);
  const unrelated = values.map((value) => value % 2);
  const points = library({ lufs: values, crest_db: values.map((value) => -value), stereo_width: unrelated });
  const [across, up] = axesAlong(points, dimensions, [Float32Array.from(values), Float32Array.from(unrelated)]);
  assert.deepEqual([across.high, across.low], [["lufs"], ["crest_db"]]);
  assert.deepEqual([up.high, up.low], [["stereo_width"], []]);
});
