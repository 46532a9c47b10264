import assert from "node:assert/strict";
import { test } from "node:test";

import { address, parse } from "../../static/router.js";

test("an address carries view, path and query", () => {
  const hash = address("library", ["tracks", "a/b"], { q: "50 % off & more", sort: "year", empty: "" });
  assert.deepEqual(parse(hash), { view: "library", path: ["tracks", "a/b"], query: { q: "50 % off & more", sort: "year" } });
});

test("addresses of earlier versions lead to the views that replaced them", () => {
  assert.deepEqual(parse("#failures/corrupt"), { view: "activity", path: ["failures", "corrupt"], query: {} });
  assert.equal(parse("#now").view, "activity");
});

test("an invalid escape sequence is taken literally", () => {
  assert.deepEqual(parse("#track/%zz").path, ["%zz"]);
});
