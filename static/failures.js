/** The files that cannot be used: by reason, searched, chosen, tried again or skipped. */

import { get, post } from "./api.js";
import { askWithCost, confirmed } from "./ask.js";
import { atMostEvery, byId, el, reconcile, setAttribute, setText, toast } from "./dom.js";
import { clean, count, counted, folderOf, fromNow, nameOf } from "./format.js";
import { currentView } from "./views.js";
import { virtualList } from "./virtual.js";

const KINDS = {
  cancelled: "Cancelled by you",
  corrupt: "Damaged",
  crashed: "Made a worker crash",
  file_changed: "Changed while being read",
  missing: "No longer there",
  no_audio: "Without sound",
  non_finite: "Samples that are not numbers",
  not_regular: "Not an ordinary file",
  out_of_memory: "Too large for the memory",
  skipped: "Skipped by you",
  timeout: "Took too long",
  too_short: "Too short to describe",
  unreadable: "May not be read",
  unsupported: "No decoder for it",
};
const PAGE = 200;
const MOST = 500; // files in one answer
const LARGE = 200; // files, from which on something done to all of them is asked first
const TYPING_MS = 250;

let items = [];
let next = null;
let code = "";
let total = 0;
let asked = 0; // the newest request; answers to older ones are dropped
let loading = false;
let matching = 0; // failed files that fit kind and search, loaded or not
let every = false; // whether all of these are chosen
let chosen = new Set(); // the ids of those that are chosen; of those that are not, if all others are
let list = null;

const kindOf = (name) => KINDS[name] ?? clean(name).replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/** Load the failures again as far as they were loaded, if they are looked at. */
export const refreshFailures = atMostEvery(1500, () => {
  if (currentView() === "failures" && !loading) load(Math.min(MOST, Math.max(PAGE, items.length)));
});

/** Show the failures, those of one kind if `wanted` names one. */
export function showFailures(wanted = "") {
  code = wanted;
  restart();
}

/** Make search, choice and buttons work. */
export function setUpFailures() {
  list = virtualList(byId("failure-list"), { create, update, key: (item) => item.id, more });
  let typing = null;
  byId("failure-query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(restart, TYPING_MS);
  });
  byId("choose-all").addEventListener("change", (event) => choose(event.currentTarget.checked));
  byId("retry-chosen").addEventListener("click", (event) => retryChosen(event.currentTarget));
  byId("skip-chosen").addEventListener("click", (event) => skipChosen(event.currentTarget));
  byId("retry-all").addEventListener("click", (event) => retryAll(event.currentTarget));
}

/** Choose all that fit, on the service's side, or none. */
function choose(all) {
  every = all;
  chosen = new Set();
  draw();
}

const isChosen = (id) => every !== chosen.has(id);
const numberChosen = () => (every ? matching - chosen.size : chosen.size);
const filter = () => Object.fromEntries(Object.entries({ code, q: search() }).filter(([, value]) => value));
const selection = () => (every ? { ...filter(), without: [...chosen] } : { ids: [...chosen] });

function restart() {
  items = [];
  next = null;
  every = false;
  chosen = new Set();
  byId("retry-all").disabled = true; // until it is known what it would be about
  load(PAGE);
}

const more = () => next !== null && !loading && load(MOST, next);

const search = () => byId("failure-query").value.trim();

async function load(limit, after = null) {
  const request = (asked += 1);
  loading = true;
  try {
    const body = await get("failures", { code, q: search(), limit: String(limit), after });
    if (request !== asked) return;
    const tail = after === null && items.length > limit ? items.slice(limit) : []; // more than one answer may hold
    items = after === null ? [...body.items, ...tail] : [...items, ...body.items];
    if (!tail.length) next = body.next;
    matching = body.matching;
    loading = false;
    showKinds(body.by_code);
    draw();
  } catch (error) {
    if (request === asked) draw(error.message);
  } finally {
    if (request === asked) loading = false;
  }
}

function showKinds(byCode) {
  total = Object.values(byCode).reduce((sum, number) => sum + number, 0);
  const kinds = [["", total], ...Object.entries(byCode).filter(([name, number]) => number > 0 || name === code)];
  reconcile(byId("failure-kinds"), total ? kinds : [], ([name]) => name, ([name]) => el("li", {}, el("a", { class: "badge", href: name ? `#failures/${encodeURIComponent(name)}` : "#failures" })),
    (node, [name, number]) => {
      setText(node.firstElementChild, `${name ? kindOf(name) : "All"} ${count(number)}`);
      setAttribute(node.firstElementChild, "aria-current", name === code ? "true" : null);
    });
}

function draw(trouble = "") {
  setAttribute(byId("failure-table"), "aria-rowcount", items.length + 1);
  byId("failure-table").hidden = items.length === 0;
  list.show(items);
  const note = byId("failure-note");
  note.hidden = items.length > 0 && !trouble;
  setText(note, trouble || (search() ? "Nothing matches." : "No failures. Every file found could be used."));
  const [all, number] = [byId("choose-all"), numberChosen()];
  all.checked = matching > 0 && number === matching;
  all.indeterminate = number > 0 && number < matching;
  for (const [id, word] of [["retry-chosen", "Try again"], ["skip-chosen", "Skip"]]) {
    byId(id).disabled = number === 0;
    setText(byId(id), number ? `${word} (${count(number)})` : word);
  }
  byId("retry-all").disabled = matching === 0;
  setText(byId("retry-all"), search() ? "Try all that match again" : code ? "Try all of this kind again" : "Try all again");
  byId("exports").hidden = total === 0;
  const query = new URLSearchParams(filter());
  for (const link of byId("exports").children) setAttribute(link, "href", `${link.download}${query.size ? `?${query}` : ""}`);
}

function create(item) {
  const name = nameOf(item.path);
  const again = el("button", { type: "button", class: "quiet", "aria-label": `Try again: ${name}`, onclick: () => act(again, "retry", { ids: [item.id] }) }, "Try again");
  const skip = el("button", { type: "button", class: "quiet", "aria-label": `Skip: ${name}`, onclick: () => act(skip, "skip", { ids: [item.id] }) }, "Skip");
  const box = el("input", { type: "checkbox", "aria-label": `Choose ${name}`, onchange: () => {
    chosen[box.checked === every ? "delete" : "add"](item.id);
    draw();
  } });
  return el("div", { class: "failure", role: "row" },
    el("span", { role: "cell", class: "box" }, box),
    el("span", { role: "cell", class: "file" }, el("a", { href: `#track/${item.id}`, class: "name" }, el("bdi")), el("bdi", { class: "path" })),
    el("span", { role: "cell", class: "why" }, el("span", { class: "kind" }), " ", el("span")),
    el("span", { role: "cell", class: "tries" }), el("span", { role: "cell", class: "next" }),
    el("span", { role: "cell", class: "pair" }, again, skip));
}

function update(node, item) {
  const [box, file, why, tries, following, pair] = node.children;
  const { code: kind, reason, attempts, retry_at: at } = item.failure;
  box.firstElementChild.checked = isChosen(item.id);
  node.classList.toggle("chosen", isChosen(item.id));
  setText(file.firstElementChild.firstElementChild, nameOf(item.path));
  setText(file.lastElementChild, folderOf(item.path));
  setAttribute(file, "title", clean(item.path));
  setText(why.firstElementChild, kindOf(kind));
  setText(why.lastElementChild, clean(reason));
  setAttribute(why, "title", clean(reason));
  setText(tries, attempts > 1 ? counted(attempts, "try", "tries") : "1 try");
  setText(following, at ? fromNow(at) : "when it changes");
  pair.lastElementChild.disabled = kind === "skipped";
}

async function retryChosen(button) {
  const number = numberChosen();
  if (number < LARGE || await askRetry(`Try ${counted(number, "file")} again?`, number)) await act(button, "retry", selection());
}

async function skipChosen(button) {
  const number = numberChosen();
  const agreed = number < LARGE || await confirmed({
    title: `Skip ${counted(number, "file")}?`,
    text: "They stay listed as skipped, and are not tried again until they change or you ask for it.",
    action: "Skip them",
  });
  if (agreed) await act(button, "skip", selection());
}

async function retryAll(button) {
  const title = search() ? "Try all that match again?" : code ? `Try again: ${kindOf(code)}?` : "Try all failed files again?";
  if (await askRetry(title, matching)) await act(button, "retry", filter());
}

const askRetry = (title, tracks) => askWithCost({
  title, tracks, action: "Try again",
  does: `${counted(tracks, "file")} will be queued once more; most fail again unless something has changed.`,
});

async function act(button, address, body) {
  button.disabled = true;
  try {
    const answer = await post(address, body);
    const number = answer.queued ?? answer.skipped;
    toast(address === "retry" ? (number ? `${counted(number, "file")} will be tried again.` : "Nothing to try again.") : `${counted(number, "file")} skipped until it changes.`);
    choose(false);
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
    load(Math.min(MOST, Math.max(PAGE, items.length)));
  }
}
