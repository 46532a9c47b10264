import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, clean, clock, folderOf, fromNow, nameOf, percent, roughly, setServerTime, valueOf } from "../../static/format.js";

test("durations are formatted as minutes and hours", () => {
  assert.equal(clock(65), "1:05");
  assert.equal(clock(3725), "1:02:05");
  assert.equal(clock(-3), "0:00");
});

test("coarse durations have one unit", () => {
  assert.equal(roughly(20), "less than a minute");
  assert.equal(roughly(60), "1 minute");
  assert.equal(roughly(7200), "2 hours");
  assert.equal(roughly(3 * 86400), "3 days");
});

test("a percentage is rounded down, so that 100 % means complete", () => {
  assert.match(percent(99.99), /^99/);
  assert.match(percent(100), /^100/);
});

test("paths of every system are split into name and folder", () => {
  assert.deepEqual([nameOf("/music/a/b.flac"), folderOf("/music/a/b.flac")], ["b.flac", "/music/a"]);
  assert.deepEqual([nameOf("C:\\music\\b.flac"), folderOf("C:\\music\\b.flac")], ["b.flac", "C:\\music"]);
});

test("control characters and bidirectional overrides are replaced", () => {
  assert.equal(clean("a\nb\u202ec\ud800"), "a\ufffdb\ufffdc\ufffd");
});

test("times are relative to the clock of the server", () => {
  setServerTime(1000);
  assert.equal(fromNow(1000), "now");
  assert.equal(fromNow(1000 + 7200), "in 2 hours");
  assert.equal(fromNow(1000 - 120), "2 minutes ago");
});

test("sizes have a decimal from a megabyte up", () => {
  assert.match(bytes(999), /^999/);
  assert.match(bytes(1_550_000), /^1[.,]6/);
});

test("values have the decimals of their unit", () => {
  assert.match(valueOf(/** @type {any} */ ({ unit: "LUFS" }), -14.26), /14[.,]3$/);
  assert.match(valueOf(/** @type {any} */ ({ unit: "ratio" }), 0.5), /^0[.,]500$/);
});
