/** Entry point: connects live updates and views. */

import { insteadOf, openComparison } from "./compare.js";
import { byId, setText } from "./dom.js";
import { refreshFailures, setUpFailures, showFailures } from "./failures.js";
import { showFolders } from "./folders.js";
import { count } from "./format.js";
import { follow } from "./live.js";
import { setUpOverview, showLink, showOverview } from "./overview.js";
import { setUpQueue, showQueue } from "./queue.js";
import { closeSheet, setUpSheet } from "./sheet.js";
import { refreshThroughput, setUpThroughput } from "./throughput.js";
import { openTrack, refreshTrack } from "./track.js";
import { refreshTracks, setUpTracks, showTracks } from "./tracks.js";
import { currentView, leaveSheet, setUpViews } from "./views.js";
import { showWorkers, tickWorkers } from "./workers.js";

/** @typedef {import("./fingerprint.d.ts").Status} Status */
/** @typedef {import("./types.d.ts").LinkState} LinkState */

const TICK_MS = 1_000;
const GRAPH_MS = 30_000;
/** @type {Status | null} */
let last = null;
/** @type {LinkState} */
let link = "connecting";

/** @param {Status} status */
function onStatus(status) {
  const before = last?.counts;
  last = status;
  showOverview(status);
  showWorkers(status.workers);
  showQueue(status);
  showFolders(status.folders, status.counts);
  showLink(link, status.updated_at);
  const { failed } = status.counts;
  byId("failed-tally").hidden = failed === 0;
  setText(byId("failed-tally"), count(failed));
  const changed = (/** @type {(keyof Status["counts"])[]} */ names) => !before || names.some((name) => before[name] !== status.counts[name]);
  if (changed(["failed"])) refreshFailures();
  if (changed(["total", "done", "failed", "outdated"])) refreshTracks();
  if (currentView() === "library") followLibrary();
}

/** @param {import("./fingerprint.d.ts").ResultEvent} result */
function onResult(result) {
  refreshThroughput();
  refreshTracks();
  refreshTrack(result);
}

function onTags() {
  refreshTracks();
  refreshFailures();
}

/** @param {import("./fingerprint.d.ts").FailureEvent} failure */
function onFailure(failure) {
  refreshThroughput();
  refreshFailures();
  refreshTracks();
  refreshTrack(failure);
}

/**
 * @param {LinkState} state
 * @param {string} [sentence]
 */
function onLink(state, sentence) {
  if (link === "lost" && state !== "lost") catchUp();
  link = state;
  showLink(state, last?.updated_at, sentence);
}

/** Reload the views after the connection has been restored. */
function catchUp() {
  refreshTracks();
  refreshFailures();
  refreshThroughput();
  if (currentView() === "library") enterLibrary();
}

/**
 * @param {string} kind
 * @param {string[]} ids
 */
function openSheet(kind, [one, two]) {
  if (kind === "compare") return openComparison(one, two);
  const other = insteadOf(one);
  if (other) return location.replace(other);
  return openTrack(one);
}

/** @param {string[]} rest */
function enterNow([part]) {
  refreshThroughput();
  if (part === "health") byId("health").scrollIntoView({ block: "center" });
}

const enterLibrary = async () => (await import("./library.js")).showLibrary(last?.counts.done ?? null);
const followLibrary = async () => last && (await import("./library.js")).growLibrary(last);

setUpOverview();
setUpThroughput();
setUpQueue();
setUpFailures();
setUpTracks();
setUpSheet(leaveSheet);
setUpViews({
  enter: { tracks: showTracks, failures: ([code]) => showFailures(code), library: enterLibrary, now: enterNow },
  open: openSheet,
  close: closeSheet,
});
follow({ status: onStatus, result: onResult, failure: onFailure, tags: onTags, link: onLink });
setInterval(tickWorkers, TICK_MS);
setInterval(() => currentView() === "now" && !document.hidden && refreshThroughput(), GRAPH_MS);
