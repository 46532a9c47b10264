/** The music folders: watch mode, scan times, problems, and what was left out. */

import { get, post } from "./api.js";
import { confirmed } from "./ask.js";
import { atMostEvery, breakable, el, reconcile, setAttribute, setText, within } from "./dom.js";
import { clean, fromNow, percent } from "./format.js";
import { rich, t } from "./i18n.js";
import { attempt } from "./parts.js";
import { address } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").Folder} Folder */
/** @typedef {import("./fingerprint.d.ts").LeftOutEntries} LeftOutEntries */
/** @typedef {import("./fingerprint.d.ts").Status} Status */
/** @typedef {{all: number, done: number}} Coverage */

const LARGE = 10_000; // number of files above which a scan needs confirmation

/**
 * Create the list of folders; `show(status)` updates it.
 *
 * @param {AbortSignal} signal
 */
export function foldersPanel(signal) {
  /** @type {Folder[]} */
  let shown = [];
  let known = ""; // the counts for which coverage was requested
  /** @type {Map<string, Coverage>} */
  const coverage = new Map();
  const list = el("ul", { class: "plain", id: "folder-list" });
  const node = el("section", { id: "folders", class: "card", "aria-labelledby": "folders-title" }, el("h2", { id: "folders-title", tabindex: -1 }, t("folders.title")), list);

  const refresh = atMostEvery(2500, async () => {
    for (const { path } of shown) {
      if (signal.aborted) return;
      try {
        const { everything, pending, retry } = await get("cost", { folder: path });
        const all = everything.tracks - retry.tracks; // without failed files
        coverage.set(path, { all, done: all - pending.tracks });
      } catch {
        coverage.delete(path); // unknown at the moment
      }
    }
    draw();
  });

  function draw() {
    /** @type {(Folder | null)[]} */
    const items = shown.length ? shown : [null];
    reconcile(list, items, (folder) => folder?.path ?? "none", create, (item, folder) => folder && update(item, folder, coverage.get(folder.path)));
  }

  return {
    node,
    /** @param {Status} status */
    show({ folders, counts }) {
      shown = folders;
      const state = JSON.stringify([counts, folders.map((folder) => folder.path)]);
      if (state !== known) refresh();
      known = state;
      draw();
    },
  };
}

/** @param {Folder | null} folder */
function create(folder) {
  if (!folder) return el("li", { class: "empty" }, ...rich("folders.none", { option: el("code", {}, "--library") }));
  const path = clean(folder.path);
  return el("li", { class: "folder" },
    el("div", { class: "line" }, el("bdi", { class: "name path" }, breakable(path)), el("button", { type: "button", class: "quiet", "aria-label": t("folder.scan-one", { path }) }, t("folder.scan"))),
    el("progress", { max: 1, value: 0, "aria-label": t("folder.coverage", { path }) }), el("p", { class: "hint" }), el("p", { class: "hint" }), el("p", { class: "fault small" }),
    el("details", { class: "hint" }, el("summary", {}), el("ul", {})));
}

/**
 * @param {HTMLElement} node
 * @param {Folder} folder
 * @param {Coverage} [coverage]
 */
function update(node, folder, { all, done } = { all: 0, done: 0 }) {
  const [, bar, watched, swept, fault, omitted] = /** @type {HTMLElement[]} */ ([...node.children]);
  const look = within(node, "button");
  if (!(look instanceof HTMLButtonElement)) return;
  bar.hidden = all === 0;
  setAttribute(bar, "value", all ? (done / all).toFixed(3) : 0);
  const files = all ? t("folder.covered", { done, count: all, percent: percent((100 * done) / all) }) : t("count.files", { count: folder.files });
  setText(watched, folder.online ? `${files} · ${t(`folder.mode.${folder.mode}`)}` : files);
  const times = [folder.scanning ? t("folder.scanning") : folder.last_scan ? t("folder.scanned", { time: fromNow(folder.last_scan) }) : t("folder.unscanned")];
  if (folder.next_scan && !folder.scanning && folder.online) times.push(t("folder.next", { time: fromNow(folder.next_scan) }));
  setText(swept, times.join(" · "));
  showTrouble(fault, folder);
  fault.classList.toggle("note", folder.online);
  node.classList.toggle("offline", !folder.online);
  showLeftOut(omitted, folder.left_out);
  look.disabled = folder.scanning;
  look.onclick = () => attempt(() => rescan(folder), look);
}

/**
 * @param {HTMLElement} node
 * @param {Folder} folder
 */
function showTrouble(node, folder) {
  const reason = clean(folder.reason);
  const parts = !folder.online ? [t("folder.offline"), reason || t("folder.unreadable"), t("folder.fix.offline")]
    : folder.mode === "failed" ? [reason || t("folder.mode.failed"), t("folder.fix.failed")] : [reason];
  const text = parts.filter(Boolean).join(" ");
  node.hidden = !text;
  if (node.textContent === text) return;
  node.replaceChildren(...parts.flatMap((part) => (part ? [el("span", part === reason ? { lang: "en" } : {}, part), " "] : [])));
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
  setText(within(details, "summary"), t("folder.left-out", { count: total }));
  reconcile(within(details, "ul"), entries, (entry) => `${entry.reason} ${entry.suffix}`, () => el("li", {}), (item, entry) => {
    const text = t("left-out.entry", { count: entry.count, reason: t(`left-out.${entry.reason}`), suffix: entry.suffix ? ` (${clean(entry.suffix)})` : "" });
    if (item.dataset.text === text) return;
    item.dataset.text = text;
    const setting = entry.setting ? [" ", el("a", { href: address("settings", [], { field: entry.setting }) }, t("left-out.setting"))] : [];
    item.replaceChildren(...[text, " ", el("bdi", {}, clean(entry.examples[0] ?? "")), ...setting]);
  });
}

/** @param {Folder} folder */
async function rescan(folder) {
  const agreed = folder.files < LARGE || await confirmed({ title: t("scan.one"), text: t("scan.checks", { count: folder.files }), action: t("folder.scan") });
  if (!agreed) return;
  await post("scan", { folder: folder.path });
  return t("scan.started-one");
}
