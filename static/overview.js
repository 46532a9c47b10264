/** The head of the page: state and reason, coverage, speed, health. */

import { post } from "./api.js";
import { announce, byId, el, reconcile, setAttribute, setText, svg, toast } from "./dom.js";
import { count, counted, rate, roughly, setServerTime, timeOfDay } from "./format.js";

const STATES = {
  starting: "Starting",
  working: "Analysing",
  idle: "Up to date",
  paused: "Paused",
  quiet_hours: "Quiet hours",
  waiting_for_playback: "Waiting while music plays",
  waiting_for_machine: "Waiting for the machine",
  offline: "Offline",
};
const BADGES = [
  ["pending", "waiting", "#tracks/pending"],
  ["running", "in work", "#tracks/running"],
  ["outdated", "outdated", "#tracks/outdated"],
  ["failed", "failed", "#failures"],
];
const BUCKET_MS = 10_000;
const BUCKETS = 36;
const finished = new Array(BUCKETS).fill(0);
let newest = Math.floor(Date.now() / BUCKET_MS);
let seeded = false;
let paused = false;

/** Show a status. */
export function showOverview(status) {
  setServerTime(status.updated_at);
  const state = STATES[status.state] ?? status.state;
  if (byId("state").textContent !== state) announce(`${state}. ${status.reason ?? ""}`);
  setText(byId("state"), state);
  setAttribute(byId("state"), "data-state", status.state);
  setText(byId("reason"), status.reason ?? "");
  setAttribute(byId("overview"), "aria-busy", null);
  document.title = status.state === "working" ? `${count(status.percent)} % · Auralis` : `${state} · Auralis`;
  showCoverage(status);
  showFacts(status);
  showHealth(status.health ?? { status: "healthy", reasons: [] });
  showButtons(status);
  seed(status.history ?? []);
  drawSpark();
  setText(byId("about"), `Auralis fingerprints ${status.version}, algorithm ${status.algorithm_version}, running for ${roughly(status.uptime_sec)}`);
}

function showCoverage({ counts, percent }) {
  const known = counts.total > 0;
  setText(byId("percent"), known ? `${count(percent)}\u202f%` : "–");
  setText(byId("covered"), known ? `${count(counts.done)} of ${counted(counts.total, "track")}` : "No music found yet");
  const bar = byId("bar");
  setAttribute(bar, "aria-valuenow", known ? percent : null);
  setAttribute(bar, "aria-valuetext", known ? `${count(counts.done)} of ${count(counts.total)}` : "unknown");
  reconcile(bar, known ? ["done", "running", "outdated", "failed"] : [], (part) => part, (part) => el("span", { class: part }), (node, part) =>
    node.style.setProperty("--share", counts[part] / counts.total));
  const badges = BADGES.filter(([name]) => counts[name] > 0);
  reconcile(byId("badges"), badges, ([name]) => name, ([name, , href]) => el("li", {}, el("a", { href, class: `badge ${name}` })),
    (node, [name, label]) => setText(node.firstElementChild, `${count(counts[name])} ${label}`));
}

function showFacts(status) {
  const { tracks_per_sec: tracks, times_real_time: times } = status.rate ?? {};
  const facts = [];
  const working = status.state === "working"; // afterwards the rate only tells how long ago that was
  if (working && tracks) facts.push(["Speed", tracks < 1 ? `${rate(60 * tracks)} tracks a minute` : `${rate(tracks)} tracks a second`]);
  if (working && times) facts.push(["Music", `${rate(times)} × real time`]);
  if (status.eta_sec !== null && status.eta_sec !== undefined) facts.push(["Left", status.eta_sec < 60 ? roughly(status.eta_sec) : `about ${roughly(status.eta_sec)}`]);
  reconcile(byId("facts"), facts, ([name]) => name, ([name]) => el("div", {}, el("dt", {}, name), el("dd")),
    (node, [, value]) => setText(node.lastElementChild, value));
}

function showHealth({ reasons }) {
  const body = byId("health-body");
  const lines = reasons.length ? reasons : [""];
  reconcile(body, lines, (line) => line, (line) => line
    ? el("p", { class: "fault" }, el("span", { class: "mark", "aria-hidden": "true" }, "!"), el("span", {}, line))
    : el("p", { class: "fine" }, el("span", { class: "mark", "aria-hidden": "true" }, "✓"), el("span", {}, "No issues")),
  () => undefined);
}

function showButtons(status) {
  paused = status.state === "paused";
  const [pause, rescan] = [byId("pause"), byId("rescan")];
  setText(pause, paused ? "Go on" : "Pause");
  pause.classList.toggle("primary", paused);
  setAttribute(pause, "title", paused ? "Go on with the tracks that wait" : "Hold back until you say otherwise, also after a restart");
  pause.disabled = false;
  const scanning = status.folders.some((folder) => folder.scanning);
  rescan.disabled = scanning || status.folders.length === 0;
  setText(rescan, scanning ? "Looking …" : "Look for new music");
}

async function act(button, address, done) {
  button.disabled = true;
  try {
    await post(address);
    toast(done);
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
  }
}

/** Make the buttons work. */
export function setUpOverview() {
  byId("pause").addEventListener("click", (event) => paused
    ? act(event.currentTarget, "resume", "Going on.")
    : act(event.currentTarget, "pause", "Paused. Files in work are finished first."));
  byId("rescan").addEventListener("click", (event) => act(event.currentTarget, "scan", "Looking through the folders."));
}

function turn() {
  const now = Math.floor(Date.now() / BUCKET_MS);
  for (; newest < now; newest += 1) {
    finished.shift();
    finished.push(0);
  }
}

function seed(history) {
  if (seeded) return;
  seeded = true;
  for (const { at, done_per_min: done } of history) {
    for (let part = 0; part < 6; part += 1) {
      const index = BUCKETS - 1 - (newest - (Math.floor((at * 1000) / BUCKET_MS) + part));
      if (index >= 0 && index < BUCKETS - 1) finished[index] = done / 6;
    }
  }
}

/** Count a finished track for the small chart. */
export function countResult() {
  turn();
  finished[BUCKETS - 1] += 1;
}

/** Draw the small chart of the last six minutes; nothing, if nothing happened. */
export function drawSpark() {
  turn();
  const most = Math.max(...finished);
  const figure = byId("spark");
  setAttribute(figure, "hidden", most === 0);
  if (most === 0) return figure.replaceChildren();
  const columns = finished.map((number, index) => {
    const height = number ? Math.max(1.5, (38 * number) / most) : 0.6;
    return svg("rect", { x: index * 5 + 0.5, y: 40 - height, width: 4, height, rx: 1, class: number ? "" : "none" });
  });
  const peak = `${count((most * 60_000) / BUCKET_MS)} a minute`;
  figure.replaceChildren(
    svg("svg", { viewBox: `0 0 ${BUCKETS * 5} 40`, preserveAspectRatio: "none", role: "img", "aria-label": `Tracks finished in the last six minutes, at most ${peak}` }, columns),
    el("figcaption", {}, el("span", {}, "Last 6 minutes"), el("span", {}, `peak ${peak}`)));
}

const LINKS = { live: "Live", polling: "Asking every few seconds", lost: "No connection", connecting: "Connecting …" };

/** Show whether news still arrives, and how old the numbers are. */
export function showLink(state, updatedAt, sentence = "") {
  setAttribute(byId("connection"), "data-link", state);
  const when = updatedAt ? ` · updated ${timeOfDay(updatedAt)}` : "";
  setText(byId("connection-text"), `${LINKS[state]}${when}`);
  const lost = byId("lost");
  lost.hidden = state !== "lost";
  if (state === "lost") setText(lost, `${sentence} ${updatedAt ? "What you see is as of the time above." : ""} Trying again …`);
  document.body.classList.toggle("stale", state === "lost");
}

