/** The track list: search, filter, sort, incremental loading. */

import { get, messageOf } from "./api.js";
import { atMostEvery, el, setAttribute, setText, within } from "./dom.js";
import { clean, clock, count, decimal, measured } from "./format.js";
import { glyph, noGlyph } from "./glyph.js";
import { t } from "./i18n.js";
import { dimensions } from "./meaning.js";
import { byline, cover, titleOf } from "./music.js";
import { address } from "./router.js";
import { virtualList } from "./virtual.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").File} File */

const PAGE = 60;
const MOST = 500; // maximum page size
const TYPING_MS = 250;
const STATES = /** @type {const} */ (["done", "pending", "running", "outdated", "failed"]);
const ORDERS = /** @type {const} */ (["", "name", "artist", "album", "year", "analysed_at", "duration_sec"]);

/** The list of tracks with its search, filter and order. */
export class TrackList {
  /** @param {import("./types.d.ts").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {File[]} */
    this.items = [];
    /** @type {string | null} */
    this.next = null;
    this.asked = 0; // number of the latest request; responses to earlier ones are ignored
    this.loading = false;
    this.matching = 0; // files that match, loaded or not
    /** @type {DimensionInfo[]} */
    this.meaning = []; // the 25 dimensions, once loaded
    this.query = el("input", { type: "search", id: "query", placeholder: t("tracks.search"), autocomplete: "off", spellcheck: "false", maxlength: 200, "aria-label": t("tracks.search"), title: t("tracks.search-hint"), oninput: () => this.typed() });
    this.filter = el("select", { id: "filter", "aria-label": t("tracks.show"), onchange: () => this.changed() },
      el("option", { value: "" }, t("tracks.all")), STATES.map((state) => el("option", { value: state }, t(`tracks.${state}`))));
    this.order = el("select", { id: "order", "aria-label": t("tracks.order"), onchange: () => this.changed() });
    this.direction = el("button", { type: "button", class: "quiet", id: "direction", "aria-pressed": "false", onclick: () => this.turn() }, t("tracks.descending"));
    this.count = el("p", { id: "track-count", class: "hint", role: "status" });
    this.list = el("ol", { class: "tracks virtual", id: "track-list", "aria-busy": "true", "aria-labelledby": "tracks-title" });
    this.note = el("p", { id: "track-note", class: "empty", hidden: true });
    this.node = el("section", { id: "tracks", class: "card", "aria-labelledby": "tracks-title" },
      el("div", { class: "heading" }, el("h2", { id: "tracks-title" }, t("library.tracks")), this.count),
      el("div", { class: "filters", role: "search", "aria-label": t("library.tracks") }, el("div", { class: "field" }, this.query),
        el("div", { class: "field narrow" }, this.filter), el("div", { class: "field narrow" }, this.order), this.direction),
      this.list, this.note);
    this.rows = virtualList(this.list, { create, update: (node, item) => this.update(node, item), key: (item) => item.id, more: () => this.more() }, page.signal);
    this.stale = false; // true if something changed while the list was not visible
    this.refresh = atMostEvery(2000, () => {
      this.stale = !page.visible || Boolean(this.node.hidden);
      if (!this.stale && !this.loading) this.load(Math.min(MOST, Math.max(PAGE, this.items.length)));
    });
  }

  /**
   * Show what an address asks for.
   *
   * @param {Record<string, string>} query
   */
  async show({ q = "", state = "", sort = "", order = "" }) {
    await this.fillOrders();
    this.query.value = q;
    choose(this.filter, state);
    choose(this.order, sort);
    setAttribute(this.direction, "aria-pressed", String(order === "desc"));
    this.restart();
  }

  async fillOrders() {
    if (this.order.options.length > ORDERS.length) return;
    try {
      this.meaning = await dimensions();
    } catch {
      this.meaning = [];
    }
    const options = [...ORDERS.map((value) => [value, t(`order.${value || "path"}`)]), ...this.meaning.map((one) => [one.name, t("order.by", { name: one.title })])];
    this.order.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.changed(), TYPING_MS);
  }

  turn() {
    setAttribute(this.direction, "aria-pressed", String(this.direction.getAttribute("aria-pressed") !== "true"));
    this.changed();
  }

  changed() {
    this.page.keep(["tracks"], this.wish());
    this.restart();
  }

  restart() {
    this.items = [];
    this.next = null;
    this.load(PAGE);
  }

  more() {
    if (this.next !== null && !this.loading) this.load(MOST, this.next);
  }

  wish() {
    return {
      q: this.query.value.trim(), state: this.filter.value, sort: this.order.value,
      order: this.direction.getAttribute("aria-pressed") === "true" ? "desc" : "",
    };
  }

  /**
   * @param {number} limit
   * @param {string | null} after
   */
  async load(limit, after = null) {
    const request = (this.asked += 1);
    this.loading = true;
    setAttribute(this.list, "aria-busy", this.items.length === 0);
    try {
      // all fields, because none are selected
      const body = /** @type {import("./fingerprint.d.ts").Files} */ (await get("files", { ...this.wish(), limit: String(limit), after }));
      if (request !== this.asked) return;
      const tail = after === null && this.items.length > limit ? this.items.slice(limit) : []; // rows beyond the maximum page size
      this.items = after === null ? [...body.items, ...tail] : [...this.items, ...body.items];
      if (!tail.length) this.next = body.next;
      this.matching = body.matching;
      this.loading = false;
      this.draw("");
    } catch (error) {
      if (request === this.asked) this.draw(messageOf(error));
    } finally {
      if (request === this.asked) this.loading = false;
    }
  }

  /** @param {string} trouble */
  draw(trouble) {
    const { state, q } = this.wish();
    this.rows.show(this.items, this.matching);
    setAttribute(this.list, "aria-busy", null);
    this.note.hidden = this.items.length > 0 && !trouble;
    setText(this.note, trouble || t(q || state ? "no-matches" : "tracks.none"));
    setText(this.count, this.items.length ? t("count.tracks", { count: this.matching }) : "");
  }

  /** @param {File} item */
  facts(item) {
    const print = item.fingerprint;
    if (!print) return stateOf(item);
    const unknown = item.metadata?.undefined ?? [];
    const tempo = unknown.includes("tempo_bpm") ? t("tile.no-tempo") : `${count(print.tempo_bpm)} BPM`;
    const loudness = unknown.includes("lufs") ? t("tracks.silent") : `${decimal(print.lufs)} LUFS`;
    const sorted = this.meaning.find((one) => one.name === this.order.value);
    const said = [tempo, loudness, clock(item.metadata?.duration_sec ?? 0)];
    if (sorted && !["tempo_bpm", "lufs"].includes(sorted.name)) said.unshift(`${sorted.title} ${measured(sorted, print[sorted.name])}`);
    return said.join(" · ");
  }

  /**
   * @param {HTMLElement} node
   * @param {File} item
   */
  update(node, item) {
    const [picture, what, state, numbers] = [".picture", ".what", ".state", ".numbers"].map((part) => within(node, part));
    const version = `${item.fingerprint ? `${item.analysed_at}/${item.mtime_ns}` : item.state}/${item.tags?.cover ?? ""}`;
    if (picture.dataset.version !== version) {
      picture.dataset.version = version;
      picture.replaceChildren(item.fingerprint ? glyph(item.fingerprint) : noGlyph(item.state), ...cover(item));
    }
    setText(within(what, ".name"), titleOf(item));
    setText(within(what, ".path"), byline(item));
    setAttribute(what, "title", clean(item.path));
    setText(numbers, this.facts(item));
    const again = item.state === "outdated" && !item.outdated; // requested reanalysis
    const label = again ? t("tracks.queued-again") : item.fingerprint && item.state !== "done" ? stateOf(item) : "";
    setText(state, label);
    state.className = `state ${label ? `badge ${item.state}` : ""}`;
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
function choose(select, value) {
  select.value = [...select.options].some((option) => option.value === value) ? value : "";
}

/** @param {File} item */
const stateOf = ({ state }) => (state === "done" || state === "missing" ? "" : t(`file.${state}`));

/** @param {File} item */
function create(item) {
  return el("li", {}, el("a", { class: "row", href: address("track", [item.id]) },
    el("span", { class: "picture" }),
    el("span", { class: "what" }, el("bdi", { class: "name" }), el("bdi", { class: "path" })),
    el("span", { class: "state" }), el("span", { class: "numbers" })));
}
