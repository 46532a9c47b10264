/** Overview: state and reason, coverage, speed, health. */

import { messageOf, post } from "./api.js";
import { confirmed } from "./ask.js";
import { announce, buttonById, byId, el, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { FIXES } from "./folders.js";
import { bytes, clean, count, counted, percent as percentOf, rate, roughly, setServerTime, timeOfDay } from "./format.js";

/** @typedef {import("./fingerprint.d.ts").FileCounts} FileCounts */
/** @typedef {import("./fingerprint.d.ts").Status} Status */
/** @typedef {import("./types.d.ts").LinkState} LinkState */

/** @type {Record<Status["state"], string>} */
const STATES = {
  starting: "Starting",
  working: "Working",
  idle: "Idle",
  pausing: "Pausing",
  paused: "Paused",
  quiet_hours: "Quiet hours",
  waiting_for_playback: "Waiting for playback",
  waiting_for_machine: "Waiting for other programs",
  offline: "Folder offline",
};
/** @type {[keyof FileCounts, string, string][]} */
const BADGES = [
  ["pending", "pending", "#tracks/pending"],
  ["running", "running", "#tracks/running"],
  ["outdated", "outdated", "#tracks/outdated"],
  ["failed", "failed", "#failures"],
];
const LARGE = 10_000; // number of files above which a scan needs confirmation
let paused = false;
let total = 0; // files

/**
 * Show a status response.
 *
 * @param {Status} status
 */
export function showOverview(status) {
  setServerTime(status.updated_at);
  const state = STATES[status.state];
  const reason = reasonOf(status);
  if (byId("state").textContent !== state) announce(`${state}. ${reason}`);
  setText(byId("state"), state);
  setAttribute(byId("state"), "data-state", status.state);
  setText(byId("reason"), reason);
  setAttribute(byId("overview"), "aria-busy", null);
  document.title = status.state === "working" ? `${percentOf(status.percent)} · Auralis` : `${state} · Auralis`;
  showCoverage(status);
  showFacts(status);
  showHealth(status);
  showButtons(status);
  setText(byId("about"), `Auralis fingerprints ${status.version}, algorithm ${status.algorithm_version}, running for ${roughly(status.uptime_sec)}`);
}

/**
 * Reason for the state and queue length, with local times.
 *
 * @param {Status} status
 */
function reasonOf({ state, reason, until, counts: { pending, outdated } }) {
  const waiting = pending + outdated;
  const left = waiting ? `${counted(waiting, "track")} queued.` : "The queue is empty.";
  if (state === "paused") return `${left} No new file is started until you resume.`;
  if (state === "quiet_hours" && until) return `Until ${timeOfDay(until, "short")}. ${left}`;
  if (state.startsWith("waiting_for_")) return `${reason} ${left}`;
  return reason.replace(/\b\d{4,}\b/g, (number) => count(Number(number)));
}

/** @param {Status} status */
function showCoverage({ counts, percent, health }) {
  const known = counts.total > 0;
  setText(byId("percent"), known ? percentOf(percent) : "–");
  const usable = counts.total - counts.failed; // failed files are in a badge
  setText(byId("covered"), known ? `${count(counts.done)} of ${counted(usable, "track")}` : "No music found yet");
  const bar = byId("bar");
  setAttribute(bar, "aria-valuenow", known ? percent : null);
  setAttribute(bar, "aria-valuetext", known ? `${count(counts.done)} of ${count(usable)}` : "unknown");
  /** @type {(keyof FileCounts)[]} */
  const parts = known ? ["done", "running", "outdated", "failed"] : [];
  reconcile(bar, parts, (part) => part, (part) => el("span", { class: part }), (node, part) =>
    node.style.setProperty("--share", String(counts[part] / counts.total)));
  const badges = BADGES.filter(([name]) => counts[name] > 0).map(([name, label, href]) => [name, `${count(counts[name])} ${label}`, href]);
  const issues = health.reasons.length;
  if (issues) badges.push(["issues", counted(issues, "issue"), "#now/health"]);
  reconcile(byId("badges"), badges, ([name]) => name, ([name, , href]) => el("li", {}, el("a", { href, class: `badge ${name}`, onclick: () => name === "issues" && byId("health").scrollIntoView({ block: "center" }) })),
    (node, [, text]) => setText(within(node, "a"), text));
}

/** @param {Status} status */
function showFacts(status) {
  const { tracks_per_sec: tracks, times_real_time: times } = status.rate;
  /** @type {[string, string][]} */
  const facts = [];
  const working = status.state === "working"; // the rate is meaningful only while files are analysed
  if (working && tracks) facts.push(["Speed", tracks < 1 ? `${rate(60 * tracks)} tracks per minute` : `${rate(tracks)} tracks per second`]);
  if (working && times) facts.push(["Music", `${rate(times)} × real time`]);
  if (working) facts.push(["Remaining", left(status.eta_sec)]);
  const cpu = sum(status.workers.map((worker) => worker.cpu_percent));
  const memory = sum(status.workers.map((worker) => worker.memory_bytes));
  const load = [cpu !== null && `${percentOf(cpu)} CPU`, memory !== null && bytes(memory)].filter(Boolean);
  if (load.length) facts.push(["Workers", load.join(", ")]);
  reconcile(byId("facts"), facts, ([name]) => name, ([name]) => el("div", {}, el("dt", {}, name), el("dd")),
    (node, [, value]) => setText(within(node, "dd"), value));
}

/** @param {number | null} seconds */
function left(seconds) {
  if (seconds === null) return "not known yet";
  return seconds < 60 ? roughly(seconds) : `about ${roughly(seconds)}`;
}

/**
 * Sum of the known values, or null.
 *
 * @param {(number | null)[]} values
 */
function sum(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((one, two) => one + two, 0) : null;
}

/** @param {Status} status */
function showHealth({ health, folders }) {
  const body = byId("health-body");
  const away = folders.filter((folder) => !folder.online);
  const fix = (/** @type {string} */ reason) => (away.some((folder) => reason.startsWith(`${folder.path}: `)) ? ` ${FIXES.offline}` : "");
  const lines = health.reasons.length ? health.reasons.map((reason) => clean(`${reason}${fix(reason)}`)) : [""];
  reconcile(body, lines, (line) => line, (line) => line
    ? el("p", { class: "fault" }, el("span", { class: "mark", "aria-hidden": "true" }, "!"), el("span", {}, line))
    : el("p", { class: "fine" }, el("span", { class: "mark", "aria-hidden": "true" }, "✓"), el("span", {}, "No issues")),
  () => undefined);
}

/** @param {Status} status */
function showButtons(status) {
  paused = status.paused;
  total = status.counts.total;
  const [pause, rescan] = [buttonById("pause"), buttonById("rescan")];
  setText(pause, paused ? "Resume" : "Pause");
  pause.classList.toggle("primary", paused);
  setAttribute(pause, "title", paused ? "Resume analysis" : "Pause until you resume, even after a restart");
  pause.disabled = false;
  const scanning = status.folders.some((folder) => folder.scanning);
  rescan.disabled = scanning || status.folders.length === 0;
  setAttribute(rescan, "title", "Scan all folders for new and changed files; known files are not reanalysed");
  setText(rescan, scanning ? "Scanning …" : "Scan for new music");
}

/**
 * @param {HTMLButtonElement} button
 * @param {"pause" | "resume" | "scan"} address
 * @param {string} done
 */
async function act(button, address, done) {
  button.disabled = true;
  try {
    await post(address);
    toast(done);
  } catch (error) {
    toast(messageOf(error), "bad");
  } finally {
    button.disabled = false;
  }
}

/** @param {HTMLButtonElement} button */
async function rescan(button) {
  const agreed = total < LARGE || await confirmed({
    title: "Scan all folders?",
    text: `${counted(total, "file")} will be checked. Only new and changed files are analysed.`,
    action: "Scan for new music",
  });
  if (agreed) await act(button, "scan", "Scanning the folders.");
}

/** Set up the buttons. */
export function setUpOverview() {
  const [pause, scan] = [buttonById("pause"), buttonById("rescan")];
  pause.addEventListener("click", () => paused
    ? act(pause, "resume", "Resumed.")
    : act(pause, "pause", "Paused. Running files are finished first."));
  scan.addEventListener("click", () => rescan(scan));
}

/** @type {Record<LinkState, string>} */
const LINKS = { live: "Live", polling: "Polling every few seconds", lost: "No connection", connecting: "Connecting …" };

/**
 * Show the connection state and the age of the data.
 *
 * @param {LinkState} state
 * @param {number} [updatedAt] Unix seconds
 * @param {string} [sentence]
 */
export function showLink(state, updatedAt, sentence = "") {
  setAttribute(byId("connection"), "data-link", state);
  const when = updatedAt ? ` · updated ${timeOfDay(updatedAt)}` : "";
  setText(byId("connection-text"), `${LINKS[state]}${when}`);
  const lost = byId("lost");
  lost.hidden = state !== "lost";
  if (state === "lost") setText(lost, `${sentence} ${updatedAt ? "The data shown is from the time above." : ""} Reconnecting …`);
  document.body.classList.toggle("stale", state === "lost");
}

