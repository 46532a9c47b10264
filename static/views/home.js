/** Home: one line about the service, with trouble first, and what is new. */

import { get } from "../api.js";
import { atMostEvery, el, reconcile, setAttribute, setText, within } from "../dom.js";
import { glyph, noGlyph } from "../glyph.js";
import { t } from "../i18n.js";
import { byline, cover, titleOf } from "../music.js";
import { viewHeading } from "../parts.js";
import { address } from "../router.js";
import { reasonOf, stateOf } from "../words.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Status} Status */

const NEWEST = 12;

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const line = el("a", { class: "status-line", href: address("activity") }, el("span", { class: "dot", "aria-hidden": "true" }), el("span"));
  const list = el("ul", { class: "tiles-of plain", id: "newest" });
  const none = el("p", { class: "empty", hidden: true }, t("home.none"));
  root.append(viewHeading(t("nav.home")), line, el("section", { class: "card", "aria-labelledby": "new-title" }, el("h2", { id: "new-title" }, t("home.new")), list, none));
  const refresh = atMostEvery(2000, async () => {
    /** @type {File[]} */
    let items;
    try {
      const body = await get("files", { state: "done", sort: "analysed_at", order: "desc", limit: String(NEWEST) });
      items = /** @type {import("../fingerprint.d.ts").Files} */ (body).items;
    } catch {
      return; // the connection notice reports it
    }
    if (page.signal.aborted) return;
    reconcile(list, items, (item) => item.id, create, update);
    none.hidden = items.length > 0;
  });
  refresh();
  return {
    status(status) {
      const { text, href, trouble } = lineOf(status);
      setText(within(line, "span:last-child"), text);
      setAttribute(line, "href", href);
      line.classList.toggle("trouble", trouble);
    },
    result: refresh,
    tags: refresh,
    reconnected: refresh,
  };
}

/**
 * The line about the service, and where it leads: a problem, failed files, or the work.
 *
 * @param {Status} status
 */
function lineOf(status) {
  const { health, counts } = status;
  if (health.reasons.length) return { text: t("home.issues", { count: health.reasons.length }), href: address("activity", ["health"]), trouble: true };
  const text = `${stateOf(status)}. ${reasonOf(status)}`;
  if (counts.failed) return { text, href: address("activity", ["failures"]), trouble: false };
  return { text, href: address("activity"), trouble: false };
}

/** @param {File} item */
const create = (item) => el("li", {}, el("a", { class: "tile-of", href: address("track", [item.id]) },
  el("span", { class: "art" }), el("bdi", { class: "name" }), el("bdi", { class: "path" })));

/**
 * @param {HTMLElement} node
 * @param {File} item
 */
function update(node, item) {
  const art = within(node, ".art");
  const version = `${item.analysed_at}/${item.tags?.cover ?? ""}`;
  if (art.dataset.version !== version) {
    art.dataset.version = version;
    art.replaceChildren(item.fingerprint ? glyph(item.fingerprint) : noGlyph(item.state), ...cover(item));
  }
  setText(within(node, ".name"), titleOf(item));
  setText(within(node, ".path"), byline(item));
}
