import assert from "node:assert/strict";
import { test } from "node:test";

import { valueColours } from "../../static/colours.js";
import { fetchPoints, printOf } from "../../static/points.js";

const base64 = (/** @type {ArrayBuffer} */ buffer) => Buffer.from(buffer).toString("base64");

/**
 * @param {(number | bigint)[]} ids
 * @param {number[]} steps
 */
const part = (ids, steps) => ({
  ids: base64(BigUint64Array.from(ids.map(BigInt)).buffer),
  columns: { lufs: base64(Uint16Array.from(steps).buffer) },
  tags: {},
});

/** @param {object[]} values */
const jsonLines = (values) => new Response(values.map((value) => `${JSON.stringify(value)}\n`).join(""));

const head = { version: "a-4-1", algorithm_version: 4, count: 3, ranges: { lufs: { low: -20, high: -10 } }, removed: null };

test("columns are decoded into values in their own units, part by part", async (context) => {
  context.mock.method(globalThis, "fetch", async () => jsonLines([head, part([7, 2n ** 40n], [0, 65_534]), part([9], [0])]));
  /** @type {number[]} */
  const progress = [];
  const points = await fetchPoints(null, (share) => progress.push(share));
  assert.deepEqual([points.count, points.ids, points.names, points.version], [3, [7, 2 ** 40, 9], ["lufs"], "a-4-1"]);
  assert.deepEqual([0, 1, 2].map((index) => printOf(points, index)), [{ lufs: -20 }, { lufs: -10 }, { lufs: -20 }]);
  assert.deepEqual(progress, [2 / 3, 1]);
});

test("changes replace, remove and add points", async (context) => {
  const changes = { ...head, version: "a-4-2", count: 2, removed: [9], ranges: { lufs: { low: -8, high: -8 } } };
  const answers = [jsonLines([head, part([7, 8, 9], [0, 0, 0])]), jsonLines([changes, part([8, 10], [0, 0])])];
  const sent = context.mock.method(globalThis, "fetch", async () => answers.shift());
  const points = await fetchPoints(await fetchPoints());
  assert.equal(sent.mock.calls[1].arguments[0], "points?since=a-4-1");
  assert.deepEqual([points.ids, [...points.columns.lufs], points.version], [[7, 8, 10], [-20, -8, -8], "a-4-2"]);
});

test("more points than announced are kept", async (context) => {
  context.mock.method(globalThis, "fetch", async () => jsonLines([{ ...head, count: 1 }, part([1, 2], [0, 65_534])]));
  assert.deepEqual([...(await fetchPoints()).columns.lufs], [-20, -10]);
});

test("undefined values are not numbers", async (context) => {
  context.mock.method(globalThis, "fetch", async () => jsonLines([head, part([1, 2, 3], [0, 65_535, 65_534])]));
  assert.deepEqual([...(await fetchPoints()).columns.lufs], [-20, NaN, -10]);
});

test("the message of an error is that of the service", async (context) => {
  context.mock.method(globalThis, "fetch", async () => Response.json({ error: "No disk." }, { status: 503 }));
  await assert.rejects(fetchPoints(), { message: "No disk.", status: 503 });
});

test("colours reach from low to high values without the outliers", () => {
  const column = Float32Array.from({ length: 1000 }, (_, index) => index);
  const { colours, low, high } = valueColours(column);
  assert.deepEqual([low, high], [20, 980]);
  assert.equal(colours[0], colours[20]);
  assert.notEqual(colours[0], colours[999]);
});
