import assert from "node:assert/strict";
import { test } from "node:test";

import { valueColours } from "../../static/colours.js";
import { fetchPoints, printOf } from "../../static/points.js";

test("columns are decoded into values in their own units", async (context) => {
  const base64 = (/** @type {ArrayBuffer} */ buffer) => Buffer.from(buffer).toString("base64");
  const body = {
    count: 2,
    ids: base64(BigUint64Array.of(7n, 2n ** 40n).buffer),
    ranges: { lufs: { low: -20, high: -10 } },
    columns: { lufs: base64(Uint16Array.of(0, 65_535).buffer) },
  };
  context.mock.method(globalThis, "fetch", async () => Response.json(body));
  const points = await fetchPoints();
  assert.deepEqual([points.count, points.ids, points.names], [2, [7, 2 ** 40], ["lufs"]]);
  assert.deepEqual([printOf(points, 0), printOf(points, 1)], [{ lufs: -20 }, { lufs: -10 }]);
});

test("colours reach from low to high values without the outliers", () => {
  const column = Float32Array.from({ length: 1000 }, (_, index) => index);
  const { colours, low, high } = valueColours(column);
  assert.deepEqual([low, high], [20, 980]);
  assert.equal(colours[0], colours[20]);
  assert.notEqual(colours[0], colours[999]);
});
