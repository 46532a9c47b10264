/** What comes next, and what the reader may change about it. */

import { get, post } from "./api.js";
import { confirmed } from "./ask.js";
import { atMostEvery, byId, el, reconcile, setAttribute, setText, toast } from "./dom.js";
import { bytes, clean, count, counted, folderOf, nameOf } from "./format.js";

const SHOWN = 5;
const HOLDING = ["paused", "quiet_hours", "waiting_for_playback", "waiting_for_machine"];
let waiting = 0;
let running = 0;
let known = null;
let items = []; // the first that wait, as last asked for
let held = false; // no background work is begun at the moment
let taken = new Set(); // paths of what is being worked on by now

/** Show how many wait; the first of them are asked for when that changes. */
export function showQueue({ state: now, counts, workers }) {
  held = HOLDING.includes(now);
  taken = new Set(workers.map((worker) => worker.path));
  waiting = counts.pending + counts.outdated;
  running = counts.running;
  byId("cancel-all").hidden = waiting < 2;
  setText(byId("queue-title"), waiting ? `Next (${count(waiting)} waiting)` : "Next");
  const state = `${counts.pending}/${counts.outdated}/${counts.running}`;
  if (state !== known) refresh();
  known = state;
  render();
}

/** What to say of a file that was put first. */
export const whenItComes = () => (held ? "It is first, as soon as work goes on." : "It is next.");

const refresh = atMostEvery(1500, load);

async function load() {
  try {
    items = waiting ? (await get("queue", { limit: String(SHOWN) })).items : [];
  } catch {
    return; // the connection's own notice tells it
  }
  render();
}

function render() {
  const next = waiting ? items.filter((item) => !taken.has(item.path)) : [];
  reconcile(byId("queue-list"), next, (item) => item.id, create, update);
  const more = waiting - next.length;
  setText(byId("queue-note"), !waiting ? "Nothing waits." : more > 0 && next.length ? `and ${counted(more, "more file")}` : "");
}

function create(item) {
  const name = nameOf(item.path);
  const first = el("button", { type: "button", class: "quiet", "aria-label": `Now: analyse ${name}`, onclick: () => act(first, "prioritise", item.id, whenItComes()) }, "Now");
  const not = el("button", { type: "button", class: "quiet", "aria-label": `Cancel: ${name}`, onclick: () => act(not, "cancel", item.id, "Taken off the list.") }, "Cancel");
  return el("li", { class: "line" },
    el("div", { class: "what" }, el("bdi", { class: "name" }), el("span", { class: "path" })), el("div", { class: "pair" }, first, not));
}

function update(node, item) {
  const [name, path] = node.firstElementChild.children;
  setText(name, nameOf(item.path));
  setAttribute(name, "title", clean(item.path));
  setText(path, `${bytes(item.size)} · ${clean(folderOf(item.path))}`);
}

async function act(button, address, id, done) {
  button.disabled = true;
  try {
    await post(address, { ids: [id] });
    toast(done);
  } catch (error) {
    toast(error.message, "bad");
    button.disabled = false;
  }
  refresh();
}

/** Make the button work that takes everything off the list. */
export function setUpQueue() {
  byId("cancel-all").addEventListener("click", async () => {
    const agreed = await confirmed({
      title: `Cancel ${counted(waiting, "waiting file")}${running ? `, and ${count(running)} in work` : ""}?`,
      text: "They are listed under Failures as cancelled, and are not analysed until you try them again or they change. What is done is kept.",
      action: "Cancel them",
    });
    if (!agreed) return;
    try {
      const { cancelled } = await post("cancel");
      toast(`${counted(cancelled, "file")} taken off the list.`);
    } catch (error) {
      toast(error.message, "bad");
    }
  });
}
