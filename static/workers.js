/** The workers and their current files. */

import { messageOf, post } from "./api.js";
import { byId, el, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { bytes, clean, clock, nameOf, percent, serverNow } from "./format.js";

/** @typedef {import("./fingerprint.d.ts").Worker} Worker */

/** @type {Partial<Record<Worker["state"], string>>} */
const IDLE = { starting: "starts when needed", idle: "idle" };
/** @type {Worker[]} */
let shown = [];

/**
 * Show the workers of a status response.
 *
 * @param {Worker[]} workers
 */
export function showWorkers(workers) {
  shown = workers;
  /** @type {(Worker | null)[]} */
  const items = workers.length ? workers : [null];
  reconcile(byId("worker-list"), items, (worker) => worker?.slot ?? "none", create, update);
}

/** Advance the elapsed times between status updates. */
export function tickWorkers() {
  if (shown.some((worker) => worker.started_at)) showWorkers(shown);
}

/** @param {Worker | null} worker */
function create(worker) {
  if (!worker) return el("li", { class: "empty" }, "No worker is running.");
  /** @type {HTMLButtonElement} */
  const stop = el("button", { type: "button", class: "quiet", onclick: () => cancel(stop) }, "Cancel");
  return el("li", { class: "worker" },
    el("div", { class: "line" }, el("a", { class: "name" }, el("bdi")), el("span", { class: "time" }), stop),
    el("progress", { max: 1, value: 0 }), el("p", { class: "hint load" }));
}

/**
 * @param {HTMLElement} node
 * @param {Worker | null} worker
 */
function update(node, worker) {
  if (!worker) return;
  const [name, time, stop, progress, load] = ["a", ".time", "button", "progress", ".load"].map((part) => within(node, part));
  if (!(stop instanceof HTMLButtonElement)) return;
  const { path } = worker;
  const busy = path !== null;
  node.classList.toggle("busy", busy);
  setAttribute(name, "href", busy && worker.file_id ? `#track/${worker.file_id}` : null);
  setText(within(name, "bdi"), busy ? nameOf(path) : `Worker ${worker.slot + 1}: ${IDLE[worker.state] ?? worker.state}`);
  setAttribute(name, "title", busy ? clean(path) : null);
  setText(time, busy && worker.started_at ? clock(serverNow() - worker.started_at) : "");
  progress.hidden = !busy;
  stop.hidden = !busy || !worker.file_id;
  stop.value = String(worker.file_id ?? "");
  setAttribute(stop, "aria-label", busy ? `Cancel: ${nameOf(path)}` : "Cancel");
  setText(load, facts(worker).join(" · "));
  if (!busy) return;
  const share = worker.duration_sec ? Math.min(1, worker.decoded_sec / worker.duration_sec) : 0;
  if (share > 0) setAttribute(progress, "value", share.toFixed(3));
  else progress.removeAttribute("value");
  setAttribute(progress, "aria-label", `Progress in ${nameOf(path)}`);
}

/** @param {Worker} worker */
function facts(worker) {
  const { decoded_sec: heard, duration_sec: whole, cpu_percent: cpu, memory_bytes: memory } = worker;
  const known = [];
  if (worker.path && whole) known.push(`${clock(Math.min(heard, whole))} of ${clock(whole)} decoded`);
  if (cpu !== null) known.push(`CPU ${percent(cpu)}`);
  if (memory !== null) known.push(`memory ${bytes(memory)}`);
  return known;
}

/** @param {HTMLButtonElement} button */
async function cancel(button) {
  button.disabled = true;
  try {
    await post("cancel", { ids: [Number(button.value)] });
    toast("Cancelled.");
  } catch (error) {
    toast(messageOf(error), "bad");
  } finally {
    button.disabled = false;
  }
}
