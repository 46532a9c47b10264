/** The entry: joins news and views, and reads the address. */

import { byId } from "./dom.js";
import { refreshFailures, setUpFailures } from "./failures.js";
import { showFolders } from "./folders.js";
import { follow } from "./live.js";
import { countResult, drawSpark, setUpOverview, showLink, showOverview } from "./overview.js";
import { closeTrack, openTrack, refreshTrack, setUpTrack } from "./track.js";
import { filterTracks, refreshTracks, setUpTracks } from "./tracks.js";
import { showWorkers, tickWorkers } from "./workers.js";

const TICK_MS = 1_000;
let last = null;
let link = "connecting";

function onStatus(status) {
  const before = last?.counts;
  last = status;
  showOverview(status);
  showWorkers(status.workers);
  showFolders(status.folders);
  showLink(link, status.updated_at);
  const changed = (names) => !before || names.some((name) => before[name] !== status.counts[name]);
  if (changed(["failed"])) refreshFailures();
  if (changed(["total", "done", "failed", "outdated"])) refreshTracks();
}

function onResult(result) {
  countResult();
  refreshTracks();
  refreshTrack(result.id);
}

function onFailure() {
  refreshFailures();
  refreshTracks();
}

function onLink(state, sentence) {
  link = state;
  showLink(state, last?.updated_at, sentence);
}

/** `#track/12` opens a track, `#tracks/failed` filters the list; other fragments are the browser's business. */
function readAddress() {
  const [, kind, rest] = /^#(tracks?)\/(\w+)$/.exec(location.hash) ?? [];
  if (kind === "track") return openTrack(rest);
  closeTrack();
  if (kind === "tracks") {
    filterTracks(rest);
    byId("tracks").scrollIntoView();
    byId("filter").focus({ preventScroll: true });
  }
}

function leaveTrack() {
  const place = [scrollX, scrollY];
  history.replaceState(null, "", location.pathname + location.search);
  scrollTo(...place);
}

setUpOverview();
setUpFailures();
setUpTracks();
setUpTrack(leaveTrack);
addEventListener("hashchange", readAddress);
readAddress();
follow({ status: onStatus, result: onResult, failure: onFailure, link: onLink });
setInterval(() => {
  tickWorkers();
  if (last) drawSpark();
}, TICK_MS);
