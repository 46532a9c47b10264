/** The throttle of the page's requests. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { atMostEvery } from "../../static/dom.js";

/** @param {() => boolean} condition */
async function until(condition) {
  while (!condition()) await setImmediate();
}

test("A run that is wanted again while it waits for its answer follows once, after the answer", async () => {
  /** @type {(() => void)[]} */
  const answers = [];
  const refresh = atMostEvery(1, () => new Promise((resolve) => answers.push(() => resolve(undefined))));
  refresh();
  refresh();
  await until(() => answers.length === 1);
  refresh();
  refresh();
  await setImmediate();
  assert.equal(answers.length, 1);
  answers[0]();
  await until(() => answers.length === 2);
  answers[1]();
  refresh();
  await until(() => answers.length === 3);
  assert.equal(answers.length, 3);
});

test("Another run follows one that returns at once", async () => {
  let runs = 0;
  const refresh = atMostEvery(1, () => {
    runs += 1;
  });
  refresh();
  await until(() => runs === 1);
  refresh();
  await until(() => runs === 2);
  assert.equal(runs, 2);
});
