/** Overview of the work: state and reason, coverage, speed, and the buttons that pause and scan. */

import { post } from "./api.js";
import { confirmed } from "./ask.js";
import { announce, el, reconcile, setAttribute, setText, within } from "./dom.js";
import { bytes, clean, percent as percentOf, rate, roughly } from "./format.js";
import { t } from "./i18n.js";
import { actionButton } from "./parts.js";
import { address } from "./router.js";
import { reasonOf, stateOf } from "./words.js";

/** @typedef {import("./fingerprint.d.ts").FileCounts} FileCounts */
/** @typedef {import("./fingerprint.d.ts").Status} Status */

/** @type {["pending" | "running" | "outdated" | "failed", string][]} */
const BADGES = [
  ["pending", address("library", ["tracks"], { state: "pending" })],
  ["running", address("library", ["tracks"], { state: "running" })],
  ["outdated", address("library", ["tracks"], { state: "outdated" })],
  ["failed", address("activity", ["failures"])],
];
const LARGE = 10_000; // number of files above which a scan needs confirmation

/** Create the overview; `show(status)` updates it. */
export function overviewPanel() {
  let paused = false;
  let total = 0; // files
  const pause = actionButton(t("overview.pause"), async () => {
    const resuming = paused;
    await post(resuming ? "resume" : "pause");
    return t(resuming ? "overview.resumed" : "overview.paused");
  }, { id: "pause", disabled: true });
  const rescan = actionButton(t("overview.scan"), async () => {
    if (total >= LARGE && !await confirmed({ title: t("scan.all"), text: t("scan.checks", { count: total }), action: t("overview.scan") })) return;
    await post("scan");
    return t("scan.started");
  }, { id: "rescan", disabled: true });
  const anyway = actionButton(t("activity.anyway"), async () => {
    await post("work-anyway");
    return t("settings.anyway-done");
  }, { id: "anyway", hidden: true });
  const [state, reason] = [el("h2", { id: "state", class: "state" }, t("state.starting")), el("p", { id: "reason", class: "reason" })];
  const [figure, covered] = [el("strong", { id: "percent" }, "–"), el("span", { id: "covered" }, t("overview.waiting"))];
  const bar = el("div", { id: "bar", class: "bar", role: "progressbar", "aria-label": t("overview.coverage"), "aria-valuemin": 0, "aria-valuemax": 100 });
  const badges = el("ul", { id: "badges", class: "badges", "aria-label": t("overview.states") });
  const facts = el("dl", { class: "facts", id: "facts" });
  const node = el("section", { id: "overview", class: "card overview", "aria-labelledby": "state", "aria-busy": "true" },
    el("div", { class: "lead" }, state, reason, el("div", { class: "actions" }, pause, anyway, rescan)),
    el("div", { class: "coverage" }, el("p", { class: "figure" }, figure, " ", covered), bar, badges, facts));

  /** @param {Status} status */
  function show(status) {
    ({ paused } = status);
    ({ total } = status.counts);
    const [name, why] = [stateOf(status), reasonOf(status)];
    if (state.textContent !== name) announce(`${name}. ${why}`);
    setText(state, name);
    setAttribute(state, "data-state", status.state);
    setText(reason, why);
    setAttribute(node, "aria-busy", null);
    showCoverage(status, figure, covered, bar, badges);
    showFacts(status, facts);
    showButtons(status, pause, rescan);
    anyway.hidden = status.state !== "quiet_hours";
  }
  return { node, show };
}

/**
 * @param {Status} status
 * @param {HTMLElement} figure
 * @param {HTMLElement} covered
 * @param {HTMLElement} bar
 * @param {HTMLElement} badges
 */
function showCoverage({ counts, percent, health }, figure, covered, bar, badges) {
  const known = counts.total > 0;
  const usable = counts.total - counts.failed; // failed files are in a badge
  const said = t("overview.covered", { done: counts.done, count: usable });
  setText(figure, known ? percentOf(percent) : "–");
  setText(covered, known ? said : t("reason.empty"));
  setAttribute(bar, "aria-valuenow", known ? percent : null);
  setAttribute(bar, "aria-valuetext", known ? said : t("unknown"));
  /** @type {(keyof FileCounts)[]} */
  const parts = known ? ["done", "running", "outdated", "failed"] : [];
  reconcile(bar, parts, (part) => part, (part) => el("span", { class: part }), (node, part) =>
    node.style.setProperty("--share", String(counts[part] / counts.total)));
  const shown = BADGES.filter(([name]) => counts[name] > 0).map(([name, href]) => ({ name, href, text: t(`badge.${name}`, { count: counts[name] }) }));
  const issues = health.reasons.length;
  const all = issues ? [...shown, { name: "issues", href: address("activity", ["health"]), text: t("count.issues", { count: issues }) }] : shown;
  reconcile(badges, all, ({ name }) => name, ({ name, href }) => el("li", {}, el("a", { href, class: `badge ${name}` })),
    (node, { text }) => setText(within(node, "a"), text));
}

/**
 * @param {Status} status
 * @param {HTMLElement} list
 */
function showFacts(status, list) {
  const { tracks_per_sec: tracks, times_real_time: times } = status.rate;
  /** @type {[string, string][]} */
  const facts = [];
  const working = status.state === "working"; // the rate is meaningful only while files are analysed
  if (working && tracks) facts.push([t("fact.speed"), tracks < 1 ? t("fact.per-minute", { rate: rate(60 * tracks) }) : t("fact.per-second", { rate: rate(tracks) })]);
  if (working && times) facts.push([t("fact.music"), t("fact.real-time", { rate: rate(times) })]);
  if (working) facts.push([t("fact.remaining"), left(status.eta_sec)]);
  if (status.unconfirmed) facts.push([t("fact.unconfirmed"), t("number", { count: status.unconfirmed })]);
  const cpu = sum(status.workers.map((worker) => worker.cpu_percent));
  const memory = sum(status.workers.map((worker) => worker.memory_bytes));
  const load = [cpu !== null && t("fact.cpu", { percent: percentOf(cpu) }), memory !== null && bytes(memory)].filter(Boolean);
  if (load.length) facts.push([t("fact.workers"), load.join(", ")]);
  if (status.host) facts.push([t("fact.player"), status.host.note || t("fact.player-tracks", { count: status.host.tracks })]);
  reconcile(list, facts, ([name]) => name, ([name]) => el("div", {}, el("dt", {}, name), el("dd")),
    (node, [, value]) => setText(within(node, "dd"), value));
}

/** @param {number | null} seconds */
function left(seconds) {
  if (seconds === null) return t("fact.unknown-yet");
  return seconds < 60 ? roughly(seconds) : t("fact.about", { time: roughly(seconds) });
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

/**
 * @param {Status} status
 * @param {HTMLButtonElement} pause
 * @param {HTMLButtonElement} rescan
 */
function showButtons({ paused, folders }, pause, rescan) {
  setText(pause, t(paused ? "overview.resume" : "overview.pause"));
  pause.classList.toggle("primary", paused);
  setAttribute(pause, "title", t(paused ? "overview.resume-hint" : "overview.pause-hint"));
  pause.disabled = false;
  const scanning = folders.some((folder) => folder.scanning);
  rescan.disabled = scanning || folders.length === 0;
  setAttribute(rescan, "title", t("overview.scan-hint"));
  setText(rescan, t(scanning ? "overview.scanning" : "overview.scan"));
}

/** Create the health card; `show(status)` updates it. */
export function healthPanel() {
  const body = el("div", { id: "health-body" });
  const node = el("section", { class: "card", id: "health", "aria-labelledby": "health-title" }, el("h2", { id: "health-title", tabindex: -1 }, t("health.title")), body);

  /** @param {Status} status */
  function show({ health, folders }) {
    const away = folders.filter((folder) => !folder.online);
    const fix = (/** @type {string} */ reason) => (away.some((folder) => reason.startsWith(`${folder.path}: `)) ? ` ${t("folder.fix.offline")}` : "");
    const lines = health.reasons.length ? health.reasons.map((reason) => ({ reason, fix: fix(reason) })) : [null];
    reconcile(body, lines, (line) => line?.reason ?? "", (line) => line
      ? el("p", { class: "fault" }, el("span", { class: "mark", "aria-hidden": "true" }, "!"), el("span", {}, el("span", { lang: "en" }, clean(line.reason)), line.fix))
      : el("p", { class: "fine" }, el("span", { class: "mark", "aria-hidden": "true" }, "✓"), el("span", {}, t("health.fine"))),
    () => undefined);
  }
  return { node, show };
}
