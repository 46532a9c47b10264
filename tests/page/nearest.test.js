import assert from "node:assert/strict";
import { test } from "node:test";

import { Nearest, extent } from "../../static/nearest.js";

test("the index agrees with a linear search", () => {
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const [xs, ys] = [0, 0].map(() => Float32Array.from({ length: 2000 }, () => 1000 * random()));
  const index = new Nearest(xs, ys);
  for (let trial = 0; trial < 200; trial += 1) {
    const [x, y] = [1000 * random(), 1000 * random()];
    let [best, least] = [-1, 50 ** 2];
    for (let one = 0; one < xs.length; one += 1) {
      const away = (xs[one] - x) ** 2 + (ys[one] - y) ** 2;
      if (away <= least) [best, least] = [one, away];
    }
    assert.equal(index.find(x, y, 50), best);
  }
});

test("points that do not fit and points out of reach are not found", () => {
  const index = new Nearest(Float32Array.of(0, 10), Float32Array.of(0, 0));
  assert.equal(index.find(1, 0, 5), 0);
  assert.equal(index.find(1, 0, 20, (one) => one === 1), 1);
  assert.equal(index.find(5, 100, 5), -1);
});

test("an extent is never empty", () => {
  assert.deepEqual(extent([2, -1, 5]), [-1, 5]);
  assert.deepEqual(extent([3, 3]), [2, 4]);
  assert.deepEqual(extent([]), [-1, 1]);
});
