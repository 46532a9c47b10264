/** The music folders: watch mode, scan times and problems. */

import { get, messageOf, post } from "./api.js";
import { confirmed } from "./ask.js";
import { atMostEvery, breakable, byId, el, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { clean, count, counted, fromNow, percent } from "./format.js";

/** @typedef {import("./fingerprint.d.ts").FileCounts} FileCounts */
/** @typedef {import("./fingerprint.d.ts").Folder} Folder */
/** @typedef {import("./fingerprint.d.ts").LeftOutEntries} LeftOutEntries */

const LARGE = 10_000; // number of files above which a scan needs confirmation
/** @type {Record<Folder["mode"], string>} */
const MODES = {
  events: "Watching for changes",
  polling: "Polling for changes",
  starting: "Starting to watch",
  failed: "Not watched",
  off: "Scanned on request",
};

/** Advice for a folder with a problem. */
export const FIXES = {
  failed: "It is scanned at intervals instead. Check that the folder can be read, then scan it now.",
  offline: "Connect the drive or mount the folder again; it is detected automatically. Known tracks are kept.",
};

/** @type {Folder[]} */
let shown = [];
/** @type {string | null} */
let known = null; // the counts for which coverage was requested
/** @type {Map<string, {all: number, done: number}>} */
const coverage = new Map(); // folder -> total and analysed files

const refreshCoverage = atMostEvery(2500, async () => {
  for (const { path } of shown) {
    try {
      const { everything, pending, retry } = await get("cost", { folder: path });
      const all = everything.tracks - retry.tracks; // without failed files
      coverage.set(path, { all, done: all - pending.tracks });
    } catch {
      coverage.delete(path); // unknown at the moment
    }
  }
  render(shown);
});

/**
 * Show the folders of a status response.
 *
 * @param {Folder[]} folders
 * @param {FileCounts} counts
 */
export function showFolders(folders, counts) {
  shown = folders;
  const state = JSON.stringify([counts, folders.map((folder) => folder.path)]);
  if (state !== known) refreshCoverage();
  known = state;
  render(folders);
}

/** @param {Folder[]} folders */
function render(folders) {
  /** @type {(Folder | null)[]} */
  const items = folders.length ? folders : [null];
  reconcile(byId("folder-list"), items, (folder) => folder?.path ?? "none", create, update);
}

/** @param {Folder | null} folder */
function create(folder) {
  if (!folder) {
    return el("li", { class: "empty" }, "No music folder configured. Start with ", el("code", {}, "--library"), " and the path of your music.");
  }
  const look = el("button", { type: "button", class: "quiet" }, "Scan now");
  look.setAttribute("aria-label", `Scan now: ${clean(folder.path)}`);
  return el("li", { class: "folder" },
    el("div", { class: "line" }, el("bdi", { class: "name path" }, breakable(clean(folder.path))), look),
    el("progress", { max: 1, value: 0, "aria-label": `Coverage of ${clean(folder.path)}` }), el("p", { class: "hint" }), el("p", { class: "hint" }), el("p", { class: "fault small" }),
    el("details", { class: "hint" }, el("summary", {}), el("ul", {})));
}

/**
 * @param {HTMLElement} node
 * @param {Folder | null} folder
 */
function update(node, folder) {
  if (!folder) return;
  const [, bar, watched, swept, fault, omitted] = /** @type {HTMLElement[]} */ ([...node.children]);
  const look = within(node, "button");
  if (!(look instanceof HTMLButtonElement)) return;
  const { all = 0, done = 0 } = coverage.get(folder.path) ?? {};
  bar.hidden = all === 0;
  setAttribute(bar, "value", all ? (done / all).toFixed(3) : 0);
  const files = all ? `${count(done)} of ${counted(all, "file")} (${percent((100 * done) / all)})` : counted(folder.files, "file");
  setText(watched, folder.online ? `${files} · ${MODES[folder.mode]}` : files);
  const times = [folder.scanning ? "Scanning now" : folder.last_scan ? `Last scan ${fromNow(folder.last_scan)}` : "Not scanned yet"];
  if (folder.next_scan && !folder.scanning && folder.online) times.push(`next ${fromNow(folder.next_scan)}`);
  setText(swept, times.join(" · "));
  const trouble = troubleOf(folder);
  setText(fault, trouble);
  fault.hidden = !trouble;
  fault.classList.toggle("note", folder.online);
  node.classList.toggle("offline", !folder.online);
  showLeftOut(omitted, folder.left_out);
  look.disabled = folder.scanning;
  look.onclick = () => rescan(look, folder);
}

/**
 * Show what the last scan left out, by reason.
 *
 * @param {HTMLElement} details
 * @param {LeftOutEntries[]} entries
 */
function showLeftOut(details, entries) {
  const total = entries.reduce((sum, entry) => sum + entry.count, 0);
  details.hidden = total === 0;
  setText(within(details, "summary"), `${count(total)} left out`);
  reconcile(within(details, "ul"), entries, (entry) => `${entry.reason} ${entry.suffix}`, () => el("li", {}), (item, entry) => {
    const suffix = entry.suffix ? ` (${clean(entry.suffix)})` : "";
    const setting = entry.setting ? ` Setting: ${entry.setting}.` : "";
    setText(item, `${count(entry.count)} · ${entry.text}${suffix}, such as ${clean(entry.examples[0] ?? "")}.${setting}`);
  });
}

/** @param {Folder} folder */
function troubleOf(folder) {
  const reason = clean(folder.reason);
  if (!folder.online) return `Offline. ${reason || "The folder cannot be read."} ${FIXES.offline}`;
  if (!reason) return "";
  return folder.mode === "failed" ? `${reason} ${FIXES.failed}` : reason;
}

/**
 * @param {HTMLButtonElement} button
 * @param {Folder} folder
 */
async function rescan(button, folder) {
  const agreed = folder.files < LARGE || await confirmed({
    title: "Scan this folder?",
    text: `${counted(folder.files, "file")} will be checked. Only new and changed files are analysed.`,
    action: "Scan now",
  });
  if (!agreed) return;
  button.disabled = true;
  try {
    await post("scan", { folder: folder.path });
    toast("Scanning the folder.");
  } catch (error) {
    toast(messageOf(error), "bad");
    button.disabled = false;
  }
}
