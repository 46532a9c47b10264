/** The head of the queue, with actions to prioritise and cancel. */

import { get, post } from "./api.js";
import { confirmed } from "./ask.js";
import { atMostEvery, el, reconcile, setAttribute, setText, within } from "./dom.js";
import { bytes, clean, folderOf, nameOf } from "./format.js";
import { t } from "./i18n.js";
import { byline, titleOf } from "./music.js";
import { actionButton } from "./parts.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {import("./fingerprint.d.ts").Status} Status */

const SHOWN = 5;
/** @type {Status["state"][]} */
const HOLDING = ["pausing", "paused", "quiet_hours", "waiting_for_playback", "waiting_for_machine"];

/**
 * Return the message for a prioritised file.
 *
 * @param {Status | null} status
 */
export const whenItComes = (status) => t(status && HOLDING.includes(status.state) ? "queue.first-later" : "queue.first");

/**
 * Create the queue; `show(status)` updates it. Its head is fetched when its length changes.
 *
 * @param {import("./types.d.ts").Page} page
 */
export function queuePanel(page) {
  /** @type {Status | null} */
  let status = null;
  let known = "";
  /** @type {File[]} */
  let items = []; // the first queued files in the latest response
  const title = el("h3", { id: "queue-title" }, t("queue.title"));
  const all = actionButton(t("queue.cancel-all"), cancelAll, { class: "quiet", id: "cancel-all", hidden: true });
  const list = el("ol", { class: "plain queue", id: "queue-list", "aria-labelledby": "queue-title" });
  const note = el("p", { class: "hint", id: "queue-note" });
  const node = el("div", {}, el("div", { class: "heading small" }, title, all), list, note);
  const waiting = () => (status ? status.counts.pending + status.counts.outdated : 0);

  const refresh = atMostEvery(1500, async () => {
    try {
      items = waiting() ? (await get("queue", { limit: String(SHOWN) })).items : [];
    } catch {
      return; // the connection notice reports it
    }
    if (!page.signal.aborted) draw();
  });

  function draw() {
    const taken = new Set(status?.workers.map((worker) => worker.path));
    const next = waiting() ? items.filter((item) => !taken.has(item.path)) : [];
    reconcile(list, next, (item) => item.id, create, update);
    const more = waiting() - next.length;
    setText(note, !waiting() ? t("reason.none") : more > 0 && next.length ? t("queue.more", { count: more }) : "");
  }

  /** @param {File} item */
  function create(item) {
    const name = titleOf(item);
    const act = (/** @type {"prioritise" | "cancel"} */ address, /** @type {() => string} */ said) => async () => {
      await post(address, { ids: [item.id] });
      refresh();
      return said();
    };
    return el("li", { class: "line" },
      el("div", { class: "what" }, el("bdi", { class: "name" }), el("bdi", { class: "path" })),
      el("div", { class: "pair" },
        actionButton(t("queue.now"), act("prioritise", () => whenItComes(page.status)), { class: "quiet", "aria-label": t("queue.now-one", { name }) }),
        actionButton(t("cancel"), act("cancel", () => t("queue.cancelled")), { class: "quiet", "aria-label": t("queue.cancel-one", { name }) })));
  }

  async function cancelAll() {
    const running = status?.counts.running ?? 0;
    const title = running ? t("queue.cancel-running", { count: waiting(), running }) : t("queue.cancel-waiting", { count: waiting() });
    if (!await confirmed({ title, text: t("queue.cancel-text"), action: t("queue.cancel-them") })) return;
    const { cancelled } = await post("cancel");
    return t("queue.cancelled-files", { count: cancelled });
  }

  return {
    node,
    /** @param {Status} next */
    show(next) {
      status = next;
      const { pending, outdated, running } = next.counts;
      all.hidden = waiting() < 2;
      setText(title, waiting() ? t("queue.length", { count: waiting() }) : t("queue.title"));
      if (known !== `${pending}/${outdated}/${running}`) refresh();
      known = `${pending}/${outdated}/${running}`;
      draw();
    },
  };
}

/**
 * @param {HTMLElement} node
 * @param {File} item
 */
function update(node, item) {
  const [name, path] = [within(node, ".name"), within(node, ".path")];
  setText(name, titleOf(item));
  setAttribute(name, "title", clean(item.path));
  setText(path, `${bytes(item.size)} · ${item.title ? byline(item) : folderOf(item.path) || nameOf(item.path)}`);
}
