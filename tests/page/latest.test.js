/** Which answers of a view that is fetched again are drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { latest } from "../../static/latest.js";

/** A loader whose requests are answered by the test. */
function loader() {
  /** @type {{answer: (value: string) => void, fail: (error: Error) => void}[]} */
  const asked = [];
  /** @type {string[]} */
  const drawn = [];
  const fetch = () => /** @type {Promise<string>} */ (new Promise((answer, fail) => asked.push({ answer, fail })));
  return { asked, drawn, ...latest(fetch, (value) => drawn.push(value)) };
}

test("An answer is drawn once, until it changes or the content has been replaced", async () => {
  const { asked, drawn, load, forget } = loader();
  for (const [value, expected] of [["a", ["a"]], ["a", ["a"]], ["b", ["a", "b"]]]) {
    const loading = load();
    asked[asked.length - 1].answer(String(value));
    await loading;
    assert.deepEqual(drawn, expected);
  }
  forget();
  const loading = load();
  asked[asked.length - 1].answer("b");
  await loading;
  assert.deepEqual(drawn, ["a", "b", "b"]);
});

test("The answers and errors of earlier requests are dropped", async () => {
  const { asked, drawn, load, forget } = loader();
  const loading = [load(), load(), load()];
  asked[2].answer("new");
  asked[0].answer("old");
  asked[1].fail(new Error("too late"));
  await Promise.all(loading);
  assert.deepEqual(drawn, ["new"]);
  const before = load();
  forget();
  asked[3].answer("of another place");
  await before;
  assert.deepEqual(drawn, ["new"]);
});

test("The error of the latest request is passed on, and what is drawn stays known", async () => {
  const { asked, drawn, load } = loader();
  const first = load();
  asked[0].answer("a");
  await first;
  const second = load();
  asked[1].fail(new Error("no answer"));
  await assert.rejects(second, /no answer/);
  const third = load();
  asked[2].answer("a");
  await third;
  assert.deepEqual(drawn, ["a"]);
});
