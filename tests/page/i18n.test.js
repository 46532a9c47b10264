import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { rich, t } from "../../static/i18n.js";

/** @param {string} language */
const catalogue = (language) => /** @type {Record<string, string | Record<string, string>>} */ (
  JSON.parse(readFileSync(new URL(`../../static/i18n/${language}.json`, import.meta.url), "utf-8")));

/** @param {string | Record<string, string>} entry */
const forms = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry));

/** @param {string | Record<string, string>} entry */
const names = (entry) => [...new Set(forms(entry).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

test("every language has every text, with the same values", () => {
  const [english, german] = [catalogue("en"), catalogue("de")];
  const own = Object.keys(german).filter((key) => !/^(dimension|hears)\./.test(key)); // the service has the English ones
  assert.deepEqual(own, Object.keys(english));
  for (const key of Object.keys(english)) {
    assert.deepEqual(names(german[key]), names(english[key]), key);
    assert.equal(typeof german[key], typeof english[key], key);
    assert.ok(forms(german[key]).every(Boolean), key);
  }
});

test("texts are sorted by key, so that changes are easy to merge", () => {
  const keys = Object.keys(catalogue("en"));
  assert.deepEqual(keys, [...keys].sort());
});

test("counts select the plural form and are formatted", () => {
  assert.equal(t("count.tracks", { count: 1 }), "1 track");
  assert.equal(t("count.tracks", { count: 50_000 }), "50,000 tracks");
});

test("nodes take the place of names in a text", () => {
  const node = /** @type {any} */ ({});
  assert.deepEqual(rich("compare.lacking", { name: node }), ["No fingerprint yet for ", node, "."]);
});
