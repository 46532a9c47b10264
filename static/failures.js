/** The list of failed files: filter, search, select, retry, skip. */

import { get, post } from "./api.js";
import { askWithCost, confirmed } from "./ask.js";
import { atMostEvery, byId, el, reconcile, setAttribute, setText, toast } from "./dom.js";
import { clean, count, counted, folderOf, fromNow, nameOf } from "./format.js";
import { currentView } from "./views.js";
import { virtualList } from "./virtual.js";

const KINDS = {
  cancelled: "Cancelled by you",
  corrupt: "Damaged",
  crashed: "Crashed its worker",
  file_changed: "Changed while being read",
  missing: "Missing",
  no_audio: "No audio",
  non_finite: "Invalid samples",
  not_regular: "Not a regular file",
  out_of_memory: "Out of memory",
  skipped: "Skipped by you",
  timeout: "Timed out",
  too_short: "Too short",
  unreadable: "Not readable",
  unsupported: "Unsupported format",
};
const PAGE = 200;
const MOST = 500; // maximum page size
const LARGE = 200; // number of files above which actions need confirmation
const TYPING_MS = 250;

let items = [];
let next = null;
let code = "";
let total = 0;
let asked = 0; // number of the latest request; responses to earlier ones are ignored
let loading = false;
let matching = 0; // failed files that match the filter, loaded or not
let every = false; // true if all matching files are selected
let chosen = new Set(); // ids of the selected files, or of the deselected ones if `every`
let list = null;

const kindOf = (name) => KINDS[name] ?? clean(name).replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/** Reload the loaded part of the list if the view is visible. */
export const refreshFailures = atMostEvery(1500, () => {
  if (currentView() === "failures" && !loading) load(Math.min(MOST, Math.max(PAGE, items.length)));
});

/** Show the failures, restricted to one code if `wanted` is given. */
export function showFailures(wanted = "") {
  code = wanted;
  restart();
}

/** Set up search, selection and buttons. */
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

/** Select all matching files, including those not loaded, or none. */
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
  byId("retry-all").disabled = true; // until the number of matching files is known
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
    const tail = after === null && items.length > limit ? items.slice(limit) : []; // rows beyond the maximum page size
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
  setText(note, trouble || (search() ? "No matches." : "No failures."));
  const [all, number] = [byId("choose-all"), numberChosen()];
  all.checked = matching > 0 && number === matching;
  all.indeterminate = number > 0 && number < matching;
  for (const [id, word] of [["retry-chosen", "Retry"], ["skip-chosen", "Skip"]]) {
    byId(id).disabled = number === 0;
    setText(byId(id), number ? `${word} (${count(number)})` : word);
  }
  byId("retry-all").disabled = matching === 0;
  setText(byId("retry-all"), search() ? "Retry all matching" : code ? "Retry all of this kind" : "Retry all");
  byId("exports").hidden = total === 0;
  const query = new URLSearchParams(filter());
  for (const link of byId("exports").children) setAttribute(link, "href", `${link.download}${query.size ? `?${query}` : ""}`);
}

function create(item) {
  const name = nameOf(item.path);
  const again = el("button", { type: "button", class: "quiet", "aria-label": `Retry: ${name}`, onclick: () => act(again, "retry", { ids: [item.id] }) }, "Retry");
  const skip = el("button", { type: "button", class: "quiet", "aria-label": `Skip: ${name}`, onclick: () => act(skip, "skip", { ids: [item.id] }) }, "Skip");
  const box = el("input", { type: "checkbox", "aria-label": `Select ${name}`, onchange: () => {
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
  setText(tries, attempts > 1 ? counted(attempts, "attempt") : "1 attempt");
  setText(following, at ? fromNow(at) : "when it changes");
  pair.lastElementChild.disabled = kind === "skipped";
}

async function retryChosen(button) {
  const number = numberChosen();
  if (number < LARGE || await askRetry(`Retry ${counted(number, "file")}?`, number)) await act(button, "retry", selection());
}

async function skipChosen(button) {
  const number = numberChosen();
  const agreed = number < LARGE || await confirmed({
    title: `Skip ${counted(number, "file")}?`,
    text: "They stay listed as skipped and are not retried until they change or you retry them.",
    action: "Skip them",
  });
  if (agreed) await act(button, "skip", selection());
}

async function retryAll(button) {
  const title = search() ? "Retry all matching files?" : code ? `Retry all files with the reason “${kindOf(code)}”?` : "Retry all failed files?";
  if (await askRetry(title, matching)) await act(button, "retry", filter());
}

const askRetry = (title, tracks) => askWithCost({
  title, tracks, action: "Retry",
  does: `${counted(tracks, "file")} will be queued again. Most files fail again unless something has changed.`,
});

async function act(button, address, body) {
  button.disabled = true;
  try {
    const answer = await post(address, body);
    const number = answer.queued ?? answer.skipped;
    toast(address === "retry" ? (number ? `${counted(number, "file")} will be retried.` : "Nothing to retry.") : `${counted(number, "file")} skipped.`);
    choose(false);
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
    load(Math.min(MOST, Math.max(PAGE, items.length)));
  }
}
