import assert from "node:assert/strict";
import { test } from "node:test";

import { inWords, standing } from "../../static/meaning.js";
import { onScale } from "../../static/scales.js";

const loudness = /** @type {any} */ ({ name: "lufs", unit: "LUFS", low: -70, high: 0, typical: [-16, -8] });
const centroid = /** @type {any} */ ({ name: "spectral_centroid", unit: "Hz", low: 20, high: 20000, typical: [1000, 4000] });

test("a value is below, inside or above its typical range", () => {
  assert.deepEqual([-20, -12, -4].map((value) => standing(loudness, value)), [-1, 0, 1]);
});

test("the summary names untypical and defined dimensions only", () => {
  const print = /** @type {any} */ ({ lufs: -30, spectral_centroid: 9000 });
  assert.equal(inWords([loudness, centroid], print, []), "Quiet and bright.");
  assert.equal(inWords([loudness, centroid], print, ["spectral_centroid"]), "Quiet.");
  assert.equal(inWords([loudness], /** @type {any} */ ({ lufs: -12 }), []), "Typical in every dimension.");
  assert.equal(inWords([loudness, centroid], print, ["lufs", "spectral_centroid"]), "Silent.");
  assert.equal(inWords([loudness, centroid], { ...print, silence_ratio: 1 }, ["spectral_centroid"]), "Silent.");
});

test("the summary names the four most untypical dimensions in their order", () => {
  const names = ["lufs", "crest_db", "tempo_bpm", "spectral_centroid", "stereo_width"];
  const five = /** @type {any} */ (names.map((name) => ({ name, typical: [0, 10] })));
  const print = /** @type {any} */ ({ lufs: 30, crest_db: 11, tempo_bpm: 20, spectral_centroid: -5, stereo_width: 40 });
  assert.equal(inWords(five, print, []), "Loud, fast, dark, and wide.");
});

test("the typical range is the middle third of a scale, and frequencies are logarithmic", () => {
  assert.ok(Math.abs(onScale(loudness, -16) - 1 / 3) < 1e-9);
  assert.equal(onScale(loudness, -60), 0);
  assert.ok(Math.abs(onScale(centroid, 2000) - 0.5) < 0.01);
});
