/** The list of failed files: filter, search, select, retry, skip. */

import { get, messageOf, post } from "./api.js";
import { askWithCost, confirmed } from "./ask.js";
import { atMostEvery, el, reconcile, setAttribute, setText, within } from "./dom.js";
import { clean, fromNow } from "./format.js";
import { maybe, t } from "./i18n.js";
import { byline, titleOf } from "./music.js";
import { actionButton } from "./parts.js";
import { address } from "./router.js";
import { virtualList } from "./virtual.js";

/** @typedef {import("./fingerprint.d.ts").File} File */
/** @typedef {{ids?: number[], without?: number[], code?: string, q?: string}} Selection */

const PAGE = 200;
const MOST = 500; // maximum page size
const LARGE = 200; // number of files above which actions need confirmation
const TYPING_MS = 250;

/** @param {string} code */
export const kindOf = (code) => maybe(`failure.${code}`, clean(code).replaceAll("_", " "));

/** The failures of the library: filter, selection and the loaded rows. */
export class FailureList {
  /** @param {import("./types.d.ts").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {File[]} */
    this.items = [];
    /** @type {string | null} */
    this.next = null;
    this.code = "";
    this.total = 0;
    this.asked = 0; // number of the latest request; responses to earlier ones are ignored
    this.loading = false;
    this.matching = 0; // failed files that match the filter, loaded or not
    this.every = false; // true if all matching files are selected
    /** @type {Set<number>} */
    this.chosen = new Set(); // ids of the selected files, or of the deselected ones if `every`
    this.query = el("input", { type: "search", id: "failure-query", placeholder: t("failures.search"), autocomplete: "off", spellcheck: "false", maxlength: 200, "aria-label": t("failures.search"), oninput: () => this.typed() });
    this.retryChosen = actionButton(t("failures.retry"), () => this.actChosen("retry"), { id: "retry-chosen", disabled: true });
    this.skipChosen = actionButton(t("failures.skip"), () => this.actChosen("skip"), { id: "skip-chosen", disabled: true });
    this.retryAll = actionButton(t("failures.retry-all"), () => this.retryMatching(), { id: "retry-all", disabled: true });
    this.all = el("input", { type: "checkbox", id: "choose-all", "aria-label": t("failures.select-all"), onchange: (/** @type {{target: HTMLInputElement}} */ { target }) => this.choose(target.checked) });
    this.kinds = el("ul", { class: "badges", id: "failure-kinds", "aria-label": t("failures.reasons") });
    this.exports = el("p", { class: "exports", id: "exports" }, `${t("failures.export")} `,
      el("a", { href: "failures.csv", download: "failures.csv" }, "CSV"), " · ", el("a", { href: "failures.json", download: "failures.json" }, "JSON"));
    this.list = el("div", { class: "virtual", role: "rowgroup", id: "failure-list" });
    this.note = el("p", { id: "failure-note", class: "empty", hidden: true });
    const column = (/** @type {import("./types.d.ts").Children} */ ...content) => el("span", { role: "columnheader" }, ...content);
    this.table = el("div", { class: "table", role: "table", "aria-labelledby": "failures-title", id: "failure-table" },
      el("div", { role: "rowgroup" }, el("div", { class: "failure head", role: "row" }, column(this.all), column(t("failures.file")), column(t("failures.reason")),
        column(t("failures.attempts")), column(t("failures.next")), column(el("span", { class: "visually-hidden" }, t("failures.action"))))), this.list);
    this.node = el("section", { id: "failures", class: "card", "aria-labelledby": "failures-title" },
      el("div", { class: "heading" }, el("div", {}, el("h2", { id: "failures-title", tabindex: -1 }, t("failures.title")), el("p", { class: "hint" }, t("failures.hint"))), this.exports),
      this.kinds, el("div", { class: "filters", role: "search", "aria-label": t("failures.label") }, el("div", { class: "field" }, this.query), this.retryChosen, this.skipChosen, this.retryAll),
      this.table, this.note);
    this.rows = virtualList(this.list, { create: (item) => this.row(item), update: (node, item) => this.update(node, item), key: (item) => item.id, more: () => this.more() }, page.signal);
    this.changed = false; // true if files changed while rows were loading
    this.refresh = atMostEvery(1500, () => {
      if (!page.visible || this.node.hidden) return;
      if (this.loading) this.changed = true;
      else this.load(Math.min(MOST, Math.max(PAGE, this.items.length)));
    });
  }

  /**
   * Show the failures of one kind, or all, that match a search.
   *
   * @param {string} code
   * @param {string} q
   */
  show(code, q) {
    this.code = code;
    this.query.value = q;
    this.restart();
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.page.keep(["failures", this.code].filter(Boolean), { q: this.search() });
      this.restart();
    }, TYPING_MS);
  }

  search() {
    return this.query.value.trim();
  }

  /**
   * Select all matching files, including those not loaded, or none.
   *
   * @param {boolean} all
   */
  choose(all) {
    this.every = all;
    this.chosen = new Set();
    this.draw();
  }

  /** @param {number} id */
  isChosen(id) {
    return this.every !== this.chosen.has(id);
  }

  numberChosen() {
    return this.every ? this.matching - this.chosen.size : this.chosen.size;
  }

  /** @returns {Selection} */
  filter() {
    return Object.fromEntries(Object.entries({ code: this.code, q: this.search() }).filter(([, value]) => value));
  }

  /** @returns {Selection} */
  selection() {
    return this.every ? { ...this.filter(), without: [...this.chosen] } : { ids: [...this.chosen] };
  }

  restart() {
    this.items = [];
    this.next = null;
    this.every = false;
    this.chosen = new Set();
    this.retryAll.disabled = true; // until the number of matching files is known
    this.load(PAGE);
  }

  more() {
    if (this.next !== null && !this.loading) this.load(MOST, this.next);
  }

  /**
   * @param {number} limit
   * @param {string | null} after
   */
  async load(limit, after = null) {
    const request = (this.asked += 1);
    this.loading = true;
    try {
      const body = await get("failures", { code: this.code, q: this.search(), limit: String(limit), after });
      if (request !== this.asked) return;
      const tail = after === null && this.items.length > limit ? this.items.slice(limit) : []; // rows beyond the maximum page size
      this.items = after === null ? [...body.items, ...tail] : [...this.items, ...body.items];
      if (!tail.length) this.next = body.next;
      this.matching = body.matching;
      this.loading = false;
      this.showKinds(body.by_code);
      this.draw();
    } catch (error) {
      if (request === this.asked) this.draw(messageOf(error));
    } finally {
      if (request === this.asked) this.loading = false;
      if (this.changed && !this.loading) {
        this.changed = false;
        this.refresh();
      }
    }
  }

  /** @param {Record<string, number>} byCode */
  showKinds(byCode) {
    this.total = Object.values(byCode).reduce((sum, number) => sum + number, 0);
    /** @type {[string, number][]} */
    const kinds = [["", this.total], ...Object.entries(byCode).filter(([name, number]) => number > 0 || name === this.code)];
    reconcile(this.kinds, this.total ? kinds : [], ([name]) => name, ([name]) => el("li", {}, el("a", { class: "badge", href: address("activity", ["failures", name].filter(Boolean)) })),
      (node, [name, count]) => {
        const link = within(node, "a");
        setText(link, name ? t("failures.kind", { kind: kindOf(name), count }) : t("failures.all", { count }));
        setAttribute(link, "aria-current", name === this.code ? "true" : null);
      });
  }

  draw(trouble = "") {
    setAttribute(this.table, "aria-rowcount", this.matching + 1);
    this.table.hidden = this.items.length === 0;
    this.rows.show(this.items, this.matching);
    this.note.hidden = this.items.length > 0 && !trouble;
    setText(this.note, trouble || t(this.search() ? "no-matches" : "failures.none"));
    const count = this.numberChosen();
    this.all.checked = this.matching > 0 && count === this.matching;
    this.all.indeterminate = count > 0 && count < this.matching;
    this.retryChosen.disabled = this.skipChosen.disabled = count === 0;
    setText(this.retryChosen, count ? t("failures.retry-some", { count }) : t("failures.retry"));
    setText(this.skipChosen, count ? t("failures.skip-some", { count }) : t("failures.skip"));
    this.retryAll.disabled = this.matching === 0;
    setText(this.retryAll, t(this.search() ? "failures.retry-matching" : this.code ? "failures.retry-kind" : "failures.retry-all"));
    this.exports.hidden = this.total === 0;
    const query = new URLSearchParams(/** @type {Record<string, string>} */ (this.filter()));
    for (const link of this.exports.querySelectorAll("a")) setAttribute(link, "href", `${link.download}${query.size ? `?${query}` : ""}`);
  }

  /** @param {File} item */
  row(item) {
    const name = titleOf(item);
    const act = (/** @type {"retry" | "skip"} */ what) => actionButton(t(`failures.${what}`), () => this.act(what, { ids: [item.id] }), { class: "quiet", "aria-label": t(`failures.${what}-one`, { name }) });
    /** @type {HTMLInputElement} */
    const box = el("input", { type: "checkbox", "aria-label": t("failures.select", { name }), onchange: () => {
      this.chosen[box.checked === this.every ? "delete" : "add"](item.id);
      this.draw();
    } });
    return el("div", { class: "failure", role: "row" },
      el("span", { role: "cell", class: "box" }, box),
      el("span", { role: "cell", class: "file" }, el("a", { href: address("track", [item.id]), class: "name" }, el("bdi")), el("bdi", { class: "path" })),
      el("span", { role: "cell", class: "why" }, el("span", { class: "kind" }), " ", el("span", { lang: "en" })),
      el("span", { role: "cell", class: "tries" }), el("span", { role: "cell", class: "next" }),
      el("span", { role: "cell", class: "pair" }, act("retry"), act("skip")));
  }

  /**
   * @param {HTMLElement} node
   * @param {File} item
   */
  update(node, item) {
    if (!item.failure) return;
    const [file, why, tries, following] = [".file", ".why", ".tries", ".next"].map((part) => within(node, part));
    const [box, skip] = [within(node, "input"), within(node, ".pair :last-child")];
    if (!(box instanceof HTMLInputElement) || !(skip instanceof HTMLButtonElement)) return;
    const { code: kind, reason, attempts, retry_at: at } = item.failure;
    box.checked = this.isChosen(item.id);
    node.classList.toggle("chosen", this.isChosen(item.id));
    setText(within(file, ".name bdi"), titleOf(item));
    setText(within(file, ".path"), byline(item));
    setAttribute(file, "title", clean(item.path));
    setText(within(why, ".kind"), kindOf(kind));
    setText(within(why, ":last-child"), clean(reason));
    setAttribute(why, "title", clean(reason));
    setText(tries, t("count.attempts", { count: Math.max(1, attempts) }));
    setText(following, at ? fromNow(at) : t("failures.when-changed"));
    skip.disabled = kind === "skipped";
  }

  /** @param {"retry" | "skip"} what */
  async actChosen(what) {
    const count = this.numberChosen();
    if (count >= LARGE && !await this.agreed(what, count)) return;
    return this.act(what, this.selection());
  }

  /**
   * @param {"retry" | "skip"} what
   * @param {number} count
   */
  agreed(what, count) {
    if (what === "retry") return askRetry(t("failures.ask-retry", { count }), count);
    return confirmed({ title: t("failures.ask-skip", { count }), text: t("failures.skip-text"), action: t("failures.skip-them") });
  }

  async retryMatching() {
    const title = this.search() ? t("failures.ask-matching") : this.code ? t("failures.ask-kind", { kind: kindOf(this.code) }) : t("failures.ask-all");
    if (await askRetry(title, this.matching)) return this.act("retry", this.filter());
  }

  /**
   * @param {"retry" | "skip"} what
   * @param {Selection} body
   */
  async act(what, body) {
    try {
      const answer = await post(what, body);
      this.every = false;
      this.chosen = new Set();
      if ("skipped" in answer) return t("failures.skipped", { count: answer.skipped });
      return answer.queued ? t("failures.retried", { count: answer.queued }) : t("failures.nothing");
    } finally {
      this.load(Math.min(MOST, Math.max(PAGE, this.items.length)));
    }
  }
}

/**
 * @param {string} title
 * @param {number} tracks
 */
const askRetry = (title, tracks) => askWithCost({ title, tracks, action: t("failures.retry"), does: t("failures.retry-text", { count: tracks }) });
