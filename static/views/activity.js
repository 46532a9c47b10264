/** Activity: what the service does, what it could not do, and what it did before. */

import { el } from "../dom.js";
import { FailureList } from "../failures.js";
import { foldersPanel } from "../folders.js";
import { t } from "../i18n.js";
import { healthPanel, overviewPanel } from "../overview.js";
import { tabs, viewHeading } from "../parts.js";
import { queuePanel } from "../queue.js";
import { address } from "../router.js";
import { throughputPanel } from "../throughput.js";
import { workersPanel } from "../workers.js";

/** @typedef {import("../fingerprint.d.ts").Status} Status */

const TICK_MS = 30_000; // texts such as "2 minutes ago" are renewed

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const [overview, health, queue] = [overviewPanel(), healthPanel(), queuePanel(page)];
  const [folders, workers] = [foldersPanel(page.signal), workersPanel(page.signal)];
  const throughput = throughputPanel(page);
  const failures = new FailureList(page);
  const tally = el("span", { class: "tally", id: "failed-tally", hidden: true });
  const parts = tabs(t("activity.parts"), [
    { part: "now", href: address("activity"), text: [t("activity.now")] },
    { part: "failures", href: address("activity", ["failures"]), text: [t("activity.failures"), " ", tally] },
  ]);
  const work = el("section", { id: "work", class: "card wide", "aria-labelledby": "work-title" }, el("h2", { id: "work-title" }, t("workers.title")), workers.node, queue.node);
  const now = el("div", { class: "stacked" }, health.node, overview.node, throughput.node, el("div", { class: "columns" }, work, folders.node));
  root.append(el("div", { class: "heading" }, viewHeading(t("nav.activity")), parts.node), now, failures.node);
  let failed = -1;

  /** @param {Status} status */
  function status(status) {
    for (const panel of [overview, health, queue, folders]) panel.show(status);
    workers.show(status.workers, status.machines);
    tally.hidden = status.counts.failed === 0;
    tally.textContent = t("number", { count: status.counts.failed });
    if (failed !== status.counts.failed) failures.refresh();
    ({ failed } = status.counts);
  }
  const timer = setInterval(() => page.status && page.visible && folders.show(page.status), TICK_MS);
  page.signal.addEventListener("abort", () => clearInterval(timer));

  /** @param {import("../types.d.ts").Place} place */
  function show({ path: [part = "now", code = ""], query }) {
    const listed = part === "failures";
    parts.mark(listed ? "failures" : "now");
    now.hidden = listed;
    failures.node.hidden = !listed;
    page.title(listed ? t("activity.failures") : t("nav.activity"));
    if (listed) failures.show(code, query.q ?? "");
    else {
      throughput.show(query.span);
      throughput.refresh();
    }
    const target = part === "health" ? health.node : part === "folders" ? folders.node : null;
    target?.scrollIntoView({ block: "center" });
    target?.querySelector("h2")?.focus({ preventScroll: true });
  }
  return {
    show,
    status,
    result: () => throughput.refresh(),
    failure() {
      throughput.refresh();
      failures.refresh();
    },
    tags: () => failures.refresh(),
    missed() {
      throughput.refresh();
      failures.refresh();
    },
  };
}
