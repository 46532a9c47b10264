/** The workers and their current files. */

import { post } from "./api.js";
import { byId, el, reconcile, setAttribute, setText, toast } from "./dom.js";
import { bytes, clean, clock, nameOf, percent, serverNow } from "./format.js";

const IDLE = { starting: "starts when needed", idle: "idle" };
let shown = [];

/** Show the workers of a status response. */
export function showWorkers(workers) {
  shown = workers;
  reconcile(byId("worker-list"), workers.length ? workers : [null], (worker) => worker?.slot ?? "none", create, update);
}

/** Advance the elapsed times between status updates. */
export function tickWorkers() {
  if (shown.some((worker) => worker.started_at)) showWorkers(shown);
}

function create(worker) {
  if (!worker) return el("li", { class: "empty" }, "No worker is running.");
  const stop = el("button", { type: "button", class: "quiet", onclick: () => cancel(stop) }, "Cancel");
  return el("li", { class: "worker" },
    el("div", { class: "line" }, el("a", { class: "name" }, el("bdi")), el("span", { class: "time" }), stop),
    el("progress", { max: 1, value: 0 }), el("p", { class: "hint load" }));
}

function update(node, worker) {
  if (!worker) return;
  const [line, progress, load] = node.children;
  const [name, time, stop] = line.children;
  const busy = Boolean(worker.path);
  node.classList.toggle("busy", busy);
  setAttribute(name, "href", busy && worker.file_id ? `#track/${worker.file_id}` : null);
  setText(name.firstElementChild, busy ? nameOf(worker.path) : `Worker ${worker.slot + 1}: ${IDLE[worker.state] ?? worker.state}`);
  setAttribute(name, "title", busy ? clean(worker.path) : null);
  setText(time, busy && worker.started_at ? clock(serverNow() - worker.started_at) : "");
  progress.hidden = !busy;
  stop.hidden = !busy || !worker.file_id;
  stop.value = worker.file_id ?? "";
  setAttribute(stop, "aria-label", busy ? `Cancel: ${nameOf(worker.path)}` : "Cancel");
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
  if (worker.path && whole) known.push(`${clock(Math.min(heard, whole))} of ${clock(whole)} decoded`);
  if (typeof cpu === "number") known.push(`CPU ${percent(cpu)}`);
  if (typeof memory === "number") known.push(`memory ${bytes(memory)}`);
  return known;
}

async function cancel(button) {
  button.disabled = true;
  try {
    await post("cancel", { ids: [Number(button.value)] });
    toast("Cancelled.");
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
  }
}
