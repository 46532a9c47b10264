/** What each worker does right now. */

import { byId, el, reconcile, setAttribute, setText } from "./dom.js";
import { bytes, clean, clock, nameOf, percent, serverNow } from "./format.js";

const IDLE = { starting: "starting", idle: "waiting for work" };
let shown = [];

/** Show the workers of a status. */
export function showWorkers(workers) {
  shown = workers;
  reconcile(byId("worker-list"), workers.length ? workers : [null], (worker) => worker?.slot ?? "none", create, update);
}

/** Let the clocks of the workers go on between two statuses. */
export function tickWorkers() {
  if (shown.some((worker) => worker.started_at)) showWorkers(shown);
}

function create(worker) {
  if (!worker) return el("li", { class: "empty" }, "No worker is running.");
  return el("li", { class: "worker" },
    el("div", { class: "line" }, el("bdi", { class: "name" }), el("span", { class: "time" })),
    el("progress", { max: 1, value: 0 }), el("p", { class: "hint load" }));
}

function update(node, worker) {
  if (!worker) return;
  const [line, progress, load] = node.children;
  const [name, time] = line.children;
  const busy = Boolean(worker.path);
  node.classList.toggle("busy", busy);
  setText(name, busy ? nameOf(worker.path) : `Worker ${worker.slot + 1}: ${IDLE[worker.state] ?? worker.state}`);
  setAttribute(name, "title", busy ? clean(worker.path) : null);
  setText(time, busy && worker.started_at ? clock(serverNow() - worker.started_at) : "");
  progress.hidden = !busy;
  setText(load, facts(worker).join(" · "));
  if (!busy) return;
  const share = worker.duration_sec ? Math.min(1, worker.decoded_sec / worker.duration_sec) : 0;
  if (share > 0) setAttribute(progress, "value", share.toFixed(3));
  else progress.removeAttribute("value");
  setAttribute(progress, "aria-label", `Progress in ${nameOf(worker.path)}`);
}

function facts(worker) {
  const { decoded_sec: heard, duration_sec: whole, cpu_percent: cpu, memory_bytes: memory } = worker;
  const known = [];
  if (worker.path && whole) known.push(`${clock(Math.min(heard, whole))} of ${clock(whole)} heard`);
  if (typeof cpu === "number") known.push(`CPU ${percent(cpu)}`);
  if (typeof memory === "number") known.push(`memory ${bytes(memory)}`);
  return known;
}
