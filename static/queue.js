/** The head of the queue, with actions to prioritise and cancel. */

import { get, messageOf, post } from "./api.js";
import { confirmed } from "./ask.js";
import { atMostEvery, buttonById, byId, el, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { bytes, clean, count, counted, folderOf, nameOf } from "./format.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./fingerprint.d.ts").Status} Status */

const SHOWN = 5;
/** @type {Status["state"][]} */
const HOLDING = ["pausing", "paused", "quiet_hours", "waiting_for_playback", "waiting_for_machine"];
let waiting = 0;
let running = 0;
/** @type {string | null} */
let known = null;
/** @type {File[]} */
let items = []; // the first queued files in the latest response
let held = false; // true while background work is throttled
/** @type {Set<string | null>} */
let taken = new Set(); // paths of running files

/**
 * Show the queue length; the head of the queue is fetched when it changes.
 *
 * @param {Status} status
 */
export function showQueue({ state: now, counts, workers }) {
  held = HOLDING.includes(now);
  taken = new Set(workers.map((worker) => worker.path));
  waiting = counts.pending + counts.outdated;
  running = counts.running;
  byId("cancel-all").hidden = waiting < 2;
  setText(byId("queue-title"), waiting ? `Queue (${count(waiting)})` : "Queue");
  const state = `${counts.pending}/${counts.outdated}/${counts.running}`;
  if (state !== known) refresh();
  known = state;
  render();
}

/** Return the message for a prioritised file. */
export const whenItComes = () => (held ? "It runs first when work resumes." : "It runs next.");

const refresh = atMostEvery(1500, load);

async function load() {
  try {
    items = waiting ? (await get("queue", { limit: String(SHOWN) })).items : [];
  } catch {
    return; // the connection notice reports it
  }
  render();
}

function render() {
  const next = waiting ? items.filter((item) => !taken.has(item.path)) : [];
  reconcile(byId("queue-list"), next, (item) => item.id, create, update);
  const more = waiting - next.length;
  setText(byId("queue-note"), !waiting ? "The queue is empty." : more > 0 && next.length ? `and ${counted(more, "more file")}` : "");
}

/** @param {File} item */
function create(item) {
  const name = nameOf(item.path);
  /** @type {HTMLButtonElement} */
  const first = el("button", { type: "button", class: "quiet", "aria-label": `Now: analyse ${name}`, onclick: () => act(first, "prioritise", item.id, whenItComes()) }, "Now");
  /** @type {HTMLButtonElement} */
  const not = el("button", { type: "button", class: "quiet", "aria-label": `Cancel: ${name}`, onclick: () => act(not, "cancel", item.id, "Cancelled.") }, "Cancel");
  return el("li", { class: "line" },
    el("div", { class: "what" }, el("bdi", { class: "name" }), el("span", { class: "path" })), el("div", { class: "pair" }, first, not));
}

/**
 * @param {HTMLElement} node
 * @param {File} item
 */
function update(node, item) {
  const [name, path] = [within(node, ".name"), within(node, ".path")];
  setText(name, nameOf(item.path));
  setAttribute(name, "title", clean(item.path));
  setText(path, `${bytes(item.size)} · ${clean(folderOf(item.path))}`);
}

/**
 * @param {HTMLButtonElement} button
 * @param {"prioritise" | "cancel"} address
 * @param {number} id
 * @param {string} done
 */
async function act(button, address, id, done) {
  button.disabled = true;
  try {
    await post(address, { ids: [id] });
    toast(done);
  } catch (error) {
    toast(messageOf(error), "bad");
    button.disabled = false;
  }
  refresh();
}

/** Set up the button that cancels all queued files. */
export function setUpQueue() {
  buttonById("cancel-all").addEventListener("click", async () => {
    const agreed = await confirmed({
      title: `Cancel ${counted(waiting, "queued file")}${running ? ` and ${count(running)} running` : ""}?`,
      text: "They are listed under Failures as cancelled and are not analysed until they change or you retry them. Finished results are kept.",
      action: "Cancel them",
    });
    if (!agreed) return;
    try {
      const { cancelled } = await post("cancel");
      toast(`${counted(cancelled, "file")} cancelled.`);
    } catch (error) {
      toast(messageOf(error), "bad");
    }
  });
}
