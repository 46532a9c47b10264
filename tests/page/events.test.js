/** What a page hears that joins a shared event stream. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Recent } from "../../static/event-source.js";

/** @typedef {import("../../static/event-source.js").StreamMessage} StreamMessage */

/** @type {StreamMessage} */
const OPEN = { kind: "open" };
/** @type {StreamMessage} */
const LOST = { kind: "lost" };

/**
 * @param {string} data
 * @param {import("../../static/event-source.js").EventName} name
 * @returns {StreamMessage}
 */
const event = (data, name = "status") => ({ kind: "event", name, data });

/** @type {[string, StreamMessage[], StreamMessage[]][]} */
const CASES = [
  ["before the stream is open: nothing", [], []],
  ["between its opening and the first status: that it is open", [OPEN], [OPEN]],
  ["later: that it is open, and the last status", [OPEN, event("1"), event("2"), event("3", "result")], [OPEN, event("2")]],
  ["while it is lost: nothing", [OPEN, event("1"), LOST], []],
  ["after it has opened again: no status of before", [OPEN, event("1"), LOST, OPEN], [OPEN]],
];

for (const [name, heard, expected] of CASES) {
  test(`A page that joins hears, ${name}`, () => {
    const recent = new Recent();
    heard.forEach((message) => recent.note(message));
    assert.deepEqual(recent.messages(), expected);
  });
}
