/** The workers and their current files. */

import { post } from "./api.js";
import { el, reconcile, setAttribute, setText, within } from "./dom.js";
import { bytes, clean, clock, nameOf, percent, serverNow } from "./format.js";
import { t } from "./i18n.js";
import { actionButton } from "./parts.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").Worker} Worker */
/** @typedef {import("./fingerprint.d.ts").Machine} Machine */
/** @typedef {{ machine: string, note: string }} Heading */

const TICK_MS = 1_000;

/**
 * Create the list of workers; `show(workers, machines)` updates it. Elapsed times advance between updates.
 *
 * @param {AbortSignal} signal
 */
export function workersPanel(signal) {
  /** @type {Worker[]} */
  let shown = [];
  /** @type {Machine[]} */
  let known = [];
  const node = el("ul", { class: "plain", id: "worker-list" });

  /**
   * @param {Worker[]} workers
   * @param {Machine[]} machines
   */
  function show(workers, machines) {
    [shown, known] = [workers, machines];
    const items = byMachine(workers, machines);
    reconcile(node, items.length ? items : [null], keyOf, create, update);
  }
  const timer = setInterval(() => shown.some((worker) => worker.started_at) && show(shown, known), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return { node, show };
}

/** @param {Worker | Heading | null} item */
const keyOf = (item) => item && "note" in item ? `machine ${item.machine}` : item?.slot ?? "none";

/**
 * Return the workers after the heading of their machine, or without headings if there is no cluster.
 *
 * @param {Worker[]} workers
 * @param {Machine[]} machines
 * @returns {(Worker | Heading)[]}
 */
function byMachine(workers, machines) {
  if (!machines.length) return workers;
  const notes = new Map(machines.map(({ name, refused, remark }) => [name, refused || remark]));
  const names = [...new Set([...workers.map((worker) => worker.machine), ...notes.keys()])];
  return names.flatMap((machine) => [
    { machine, note: notes.get(machine) ?? "" }, ...workers.filter((worker) => worker.machine === machine),
  ]);
}

/** @param {Worker | Heading | null} worker */
function create(worker) {
  if (worker && "note" in worker) {
    return el("li", { class: "machine" }, el("h3", {}, el("bdi", {}, worker.machine || t("worker.here"))), el("p", { class: "hint" }));
  }
  if (!worker) return el("li", { class: "empty" }, t("worker.none"));
  const stop = actionButton(t("cancel"), async () => {
    await post("cancel", { ids: [Number(stop.value)] });
    return t("queue.cancelled");
  }, { class: "quiet" });
  return el("li", { class: "worker" },
    el("div", { class: "line" }, el("a", { class: "name" }, el("bdi")), el("span", { class: "time" }), stop),
    el("progress", { max: 1, value: 0 }), el("p", { class: "hint load" }));
}

/**
 * @param {HTMLElement} node
 * @param {Worker | Heading | null} worker
 */
function update(node, worker) {
  if (!worker) return;
  if ("note" in worker) {
    setText(within(node, ".hint"), worker.note);
    return;
  }
  const [name, time, stop, progress, load] = ["a", ".time", "button", "progress", ".load"].map((part) => within(node, part));
  if (!(stop instanceof HTMLButtonElement)) return;
  const { path } = worker;
  const busy = path !== null;
  node.classList.toggle("busy", busy);
  setAttribute(name, "href", busy && worker.file_id ? address("track", [worker.file_id]) : null);
  setText(within(name, "bdi"), busy ? nameOf(path) : t(worker.state === "idle" ? "worker.idle" : "worker.starting", { number: worker.slot + 1 }));
  setAttribute(name, "title", busy ? clean(path) : null);
  setText(time, busy && worker.started_at ? clock(serverNow() - worker.started_at) : "");
  progress.hidden = !busy;
  stop.hidden = !busy || !worker.file_id;
  stop.value = String(worker.file_id ?? "");
  setAttribute(stop, "aria-label", busy ? t("queue.cancel-one", { name: nameOf(path) }) : t("cancel"));
  setText(load, facts(worker).join(" · "));
  if (!busy) return;
  const share = worker.duration_sec ? Math.min(1, worker.decoded_sec / worker.duration_sec) : 0;
  if (share > 0) setAttribute(progress, "value", share.toFixed(3));
  else progress.removeAttribute("value");
  setAttribute(progress, "aria-label", t("worker.progress", { name: nameOf(path) }));
}

/** @param {Worker} worker */
function facts(worker) {
  const { decoded_sec: heard, duration_sec: whole, cpu_percent: cpu, memory_bytes: memory } = worker;
  const known = [];
  if (worker.path && whole) known.push(t("worker.decoded", { heard: clock(Math.min(heard, whole)), whole: clock(whole) }));
  if (cpu !== null) known.push(t("fact.cpu", { percent: percent(cpu) }));
  if (memory !== null) known.push(t("worker.memory", { size: bytes(memory) }));
  return known;
}
