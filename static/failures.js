/** The list of failed files: filter, search, select, retry, skip. */

import { get, messageOf, post } from "./api.js";
import { askWithCost, confirmed } from "./ask.js";
import { atMostEvery, buttonById, byId, el, inputById, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { clean, count, counted, fromNow } from "./format.js";
import { byline, titleOf } from "./music.js";
import { currentView } from "./views.js";
import { virtualList } from "./virtual.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {{ids?: number[], without?: number[], code?: string, q?: string}} Selection */

/** @type {Record<string, string>} */
const KINDS = {
  cancelled: "Cancelled by you",
  corrupt: "Damaged",
  crashed: "Crashed its worker",
  file_changed: "Changed while being read",
  incomplete: "Decoding stopped early",
  missing: "Missing",
  no_audio: "No audio",
  non_finite: "Invalid samples",
  not_regular: "Not a regular file",
  out_of_memory: "Out of memory",
  protected: "Encrypted",
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

/** @type {File[]} */
let items = [];
/** @type {string | null} */
let next = null;
let code = "";
let total = 0;
let asked = 0; // number of the latest request; responses to earlier ones are ignored
let loading = false;
let matching = 0; // failed files that match the filter, loaded or not
let every = false; // true if all matching files are selected
/** @type {Set<number>} */
let chosen = new Set(); // ids of the selected files, or of the deselected ones if `every`
/** @type {{show(items: File[]): void} | null} */
let list = null;

/** @param {string} name */
const kindOf = (name) => KINDS[name] ?? clean(name).replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());

/** Reload the loaded part of the list if the view is visible. */
export const refreshFailures = atMostEvery(1500, () => {
  if (currentView() === "failures" && !loading) load(Math.min(MOST, Math.max(PAGE, items.length)));
});

/**
 * Show the failures, restricted to one code if `wanted` is given.
 *
 * @param {string} wanted
 */
export function showFailures(wanted = "") {
  code = wanted;
  restart();
}

/** Set up search, selection and buttons. */
export function setUpFailures() {
  list = virtualList(byId("failure-list"), { create, update, key: (item) => item.id, more });
  /** @type {ReturnType<typeof setTimeout>} */
  let typing;
  byId("failure-query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(restart, TYPING_MS);
  });
  const [all, retry, skip, everything] = [inputById("choose-all"), buttonById("retry-chosen"), buttonById("skip-chosen"), buttonById("retry-all")];
  all.addEventListener("change", () => choose(all.checked));
  retry.addEventListener("click", () => retryChosen(retry));
  skip.addEventListener("click", () => skipChosen(skip));
  everything.addEventListener("click", () => retryAll(everything));
}

/**
 * Select all matching files, including those not loaded, or none.
 *
 * @param {boolean} all
 */
function choose(all) {
  every = all;
  chosen = new Set();
  draw();
}

/** @param {number} id */
const isChosen = (id) => every !== chosen.has(id);
const numberChosen = () => (every ? matching - chosen.size : chosen.size);
/** @returns {Selection} */
const filter = () => Object.fromEntries(Object.entries({ code, q: search() }).filter(([, value]) => value));
/** @returns {Selection} */
const selection = () => (every ? { ...filter(), without: [...chosen] } : { ids: [...chosen] });

function restart() {
  items = [];
  next = null;
  every = false;
  chosen = new Set();
  buttonById("retry-all").disabled = true; // until the number of matching files is known
  load(PAGE);
}

const more = () => next !== null && !loading && load(MOST, next);

const search = () => inputById("failure-query").value.trim();

/**
 * @param {number} limit
 * @param {string | null} after
 */
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
    if (request === asked) draw(messageOf(error));
  } finally {
    if (request === asked) loading = false;
  }
}

/** @param {Record<string, number>} byCode */
function showKinds(byCode) {
  total = Object.values(byCode).reduce((sum, number) => sum + number, 0);
  /** @type {[string, number][]} */
  const kinds = [["", total], ...Object.entries(byCode).filter(([name, number]) => number > 0 || name === code)];
  reconcile(byId("failure-kinds"), total ? kinds : [], ([name]) => name, ([name]) => el("li", {}, el("a", { class: "badge", href: name ? `#failures/${encodeURIComponent(name)}` : "#failures" })),
    (node, [name, number]) => {
      const link = within(node, "a");
      setText(link, `${name ? kindOf(name) : "All"} ${count(number)}`);
      setAttribute(link, "aria-current", name === code ? "true" : null);
    });
}

function draw(trouble = "") {
  setAttribute(byId("failure-table"), "aria-rowcount", items.length + 1);
  byId("failure-table").hidden = items.length === 0;
  list?.show(items);
  const note = byId("failure-note");
  note.hidden = items.length > 0 && !trouble;
  setText(note, trouble || (search() ? "No matches." : "No failures."));
  const [all, number] = [inputById("choose-all"), numberChosen()];
  all.checked = matching > 0 && number === matching;
  all.indeterminate = number > 0 && number < matching;
  for (const [id, word] of [["retry-chosen", "Retry"], ["skip-chosen", "Skip"]]) {
    buttonById(id).disabled = number === 0;
    setText(byId(id), number ? `${word} (${count(number)})` : word);
  }
  buttonById("retry-all").disabled = matching === 0;
  setText(byId("retry-all"), search() ? "Retry all matching" : code ? "Retry all of this kind" : "Retry all");
  byId("exports").hidden = total === 0;
  const query = new URLSearchParams(/** @type {Record<string, string>} */ (filter()));
  for (const link of byId("exports").querySelectorAll("a")) setAttribute(link, "href", `${link.download}${query.size ? `?${query}` : ""}`);
}

/** @param {File} item */
function create(item) {
  const name = titleOf(item);
  /** @type {HTMLButtonElement} */
  const again = el("button", { type: "button", class: "quiet", "aria-label": `Retry: ${name}`, onclick: () => act(again, "retry", { ids: [item.id] }) }, "Retry");
  /** @type {HTMLButtonElement} */
  const skip = el("button", { type: "button", class: "quiet", "aria-label": `Skip: ${name}`, onclick: () => act(skip, "skip", { ids: [item.id] }) }, "Skip");
  /** @type {HTMLInputElement} */
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

/**
 * @param {HTMLElement} node
 * @param {File} item
 */
function update(node, item) {
  if (!item.failure) return;
  const [file, why, tries, following] = [".file", ".why", ".tries", ".next"].map((part) => within(node, part));
  const [box, skip] = [within(node, "input"), within(node, ".pair :last-child")];
  if (!(box instanceof HTMLInputElement) || !(skip instanceof HTMLButtonElement)) return;
  const { code: kind, reason, attempts, retry_at: at } = item.failure;
  box.checked = isChosen(item.id);
  node.classList.toggle("chosen", isChosen(item.id));
  setText(within(file, ".name bdi"), titleOf(item));
  setText(within(file, ".path"), byline(item));
  setAttribute(file, "title", clean(item.path));
  setText(within(why, ".kind"), kindOf(kind));
  setText(within(why, ":last-child"), clean(reason));
  setAttribute(why, "title", clean(reason));
  setText(tries, attempts > 1 ? counted(attempts, "attempt") : "1 attempt");
  setText(following, at ? fromNow(at) : "when it changes");
  skip.disabled = kind === "skipped";
}

/** @param {HTMLButtonElement} button */
async function retryChosen(button) {
  const number = numberChosen();
  if (number < LARGE || await askRetry(`Retry ${counted(number, "file")}?`, number)) await act(button, "retry", selection());
}

/** @param {HTMLButtonElement} button */
async function skipChosen(button) {
  const number = numberChosen();
  const agreed = number < LARGE || await confirmed({
    title: `Skip ${counted(number, "file")}?`,
    text: "They stay listed as skipped and are not retried until they change or you retry them.",
    action: "Skip them",
  });
  if (agreed) await act(button, "skip", selection());
}

/** @param {HTMLButtonElement} button */
async function retryAll(button) {
  const title = search() ? "Retry all matching files?" : code ? `Retry all files with the reason “${kindOf(code)}”?` : "Retry all failed files?";
  if (await askRetry(title, matching)) await act(button, "retry", filter());
}

/**
 * @param {string} title
 * @param {number} tracks
 */
const askRetry = (title, tracks) => askWithCost({
  title, tracks, action: "Retry",
  does: `${counted(tracks, "file")} will be queued again. Most files fail again unless something has changed.`,
});

/**
 * @param {HTMLButtonElement} button
 * @param {"retry" | "skip"} address
 * @param {Selection} body
 */
async function act(button, address, body) {
  button.disabled = true;
  try {
    const answer = await post(address, body);
    const number = "queued" in answer ? answer.queued : answer.skipped;
    toast(address === "retry" ? (number ? `${counted(number, "file")} will be retried.` : "Nothing to retry.") : `${counted(number, "file")} skipped.`);
    choose(false);
  } catch (error) {
    toast(messageOf(error), "bad");
  } finally {
    button.disabled = false;
    load(Math.min(MOST, Math.max(PAGE, items.length)));
  }
}
