/** Files that cannot be used, by kind. */

import { get, post } from "./api.js";
import { atMostEvery, byId, el, reconcile, setText, toast } from "./dom.js";
import { clean, count, counted, folderOf, fromNow, nameOf } from "./format.js";

const KINDS = {
  corrupt: "Damaged",
  crashed: "Made a worker crash",
  file_changed: "Changed while being read",
  missing: "No longer there",
  no_audio: "Without sound",
  non_finite: "Samples that are not numbers",
  not_regular: "Not an ordinary file",
  out_of_memory: "Too large for the memory",
  timeout: "Took too long",
  too_short: "Too short to describe",
  unreadable: "May not be read",
  unsupported: "No decoder for it",
};
const PAGE = 200;
const OPEN_UP_TO = 5; // larger groups are folded, so that the tracks stay near
let loaded = 0;

const kindOf = (code) => KINDS[code] ?? clean(code).replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/** Load and show the failures; called again whenever their number changes. */
export const refreshFailures = atMostEvery(1500, load);

async function load() {
  let body;
  try {
    body = await get("failures", { limit: String(Math.min(500, Math.max(PAGE, loaded))) });
  } catch {
    return; // the connection's own notice tells it; the next change asks again
  }
  show(body.by_code, body.items, body.next);
}

function show(byCode, items, next) {
  loaded = items.length;
  const codes = Object.entries(byCode).filter(([, number]) => number > 0).sort((one, two) => two[1] - one[1]);
  byId("failures").hidden = codes.length === 0;
  const groups = codes.map(([code, number]) => ({ code, number, items: items.filter((item) => item.failure?.code === code) }));
  reconcile(byId("failure-groups"), groups, (group) => group.code, createGroup, updateGroup);
  byId("failure-groups").classList.toggle("cut", next !== null);
}

function createGroup({ code, number }) {
  return el("details", { open: number <= OPEN_UP_TO, class: "group" },
    el("summary", {}, el("span", { class: "kind" }, kindOf(code)), el("span", { class: "badge failed" })),
    el("ul", { class: "plain" }), el("p", { class: "hint rest" }));
}

function updateGroup(node, { number, items }) {
  const [summary, list, rest] = node.children;
  setText(summary.lastElementChild, count(number));
  reconcile(list, items, (item) => item.id, createRow, updateRow);
  rest.hidden = number <= items.length;
  setText(rest, `${counted(number - items.length, "more file")} of this kind; choose “Failed” in the list of tracks to see all.`);
}

function createRow(item) {
  const again = el("button", { type: "button", class: "quiet", onclick: () => retry(again, [item.id]) }, "Try again");
  again.setAttribute("aria-label", `Try ${nameOf(item.path)} again`);
  return el("li", { class: "failure" },
    el("div", {}, el("bdi", { class: "name" }), el("bdi", { class: "path" }), el("p", { class: "why" })), again);
}

function updateRow(node, item) {
  const [name, path, why] = node.firstElementChild.children;
  setText(name, nameOf(item.path));
  setText(path, folderOf(item.path));
  const { reason, attempts, failed_at: at } = item.failure;
  const tries = attempts > 1 ? ` · tried ${counted(attempts, "time")}` : "";
  setText(why, `${clean(reason)}${at ? ` · ${fromNow(at)}` : ""}${tries}`);
}

async function retry(button, ids) {
  button.disabled = true;
  try {
    const { queued } = await post("retry", ids ? { ids } : {});
    toast(queued ? `${counted(queued, "file")} will be tried again.` : "Nothing to try again.");
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
    refreshFailures();
  }
}

/** Make the button work. */
export function setUpFailures() {
  byId("retry-all").addEventListener("click", (event) => retry(event.currentTarget, null));
}
