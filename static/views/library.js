/** Library: albums, artists and tracks, with search, filters and any order. */

import { get } from "../api.js";
import { atMostEvery, el, setAttribute, setText } from "../dom.js";
import { filterPanel } from "../filters.js";
import { rich, t } from "../i18n.js";
import { playable, playButton } from "../listen.js";
import { dimensions } from "../meaning.js";
import { tabs, viewHeading } from "../parts.js";
import { address } from "../router.js";
import { albumCard, artistCard, trackRow, updateAlbum, updateArtist, updateTrack } from "../rows.js";
import { SparseList } from "../sparse.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Files} Files */
/** @typedef {import("../types.d.ts").Page} Page */
/** @typedef {"albums" | "artists" | "tracks"} Part */

const TYPING_MS = 250;
const PLAYED = 200; // tracks that "play" takes from a list
const STATES = /** @type {const} */ (["done", "pending", "running", "outdated", "failed"]);
/** Orders of each part; the first is the default. */
const ORDERS = /** @type {const} */ ({
  albums: ["title", "artist", "year", "tracks"],
  artists: ["name", "albums", "tracks"],
  tracks: ["path", "name", "title", "artist", "album", "year", "analysed_at", "duration_sec"],
});

/**
 * @param {HTMLElement} root
 * @param {Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const view = new LibraryView(root, page);
  let known = "";
  return {
    show: ({ path: [part = "albums"], query }) => view.show(part === "artists" || part === "tracks" ? part : "albums", query),
    status({ counts: { total, done, failed, outdated } }) {
      const state = [total, done, failed, outdated].join("/");
      if ((known && known !== state) || (view.stale && page.visible)) view.refresh();
      known = state;
    },
    result: () => view.refresh(),
    failure: () => view.refresh(),
    tags: () => view.refresh(),
    missed: () => view.refresh(),
  };
}

class LibraryView {
  /**
   * @param {HTMLElement} root
   * @param {Page} page
   */
  constructor(root, page) {
    this.page = page;
    this.root = root;
    /** @type {Part} */
    this.part = "albums";
    /** @type {DimensionInfo[]} */
    this.meaning = [];
    this.stale = false; // true if something changed while the view was not visible
    this.tabs = tabs(t("library.parts"), /** @type {const} */ (["albums", "artists", "tracks"]).map((part) => ({ part, href: address("library", [part]), text: [t(`library.${part}`)] })));
    this.query = el("input", { type: "search", id: "query", placeholder: t("tracks.search"), autocomplete: "off", spellcheck: "false", maxlength: 200, "aria-label": t("tracks.search"), title: t("tracks.search-hint"), oninput: () => this.typed() });
    this.filter = el("select", { id: "filter", "aria-label": t("tracks.show"), onchange: () => this.changed() },
      el("option", { value: "" }, t("tracks.all")), STATES.map((state) => el("option", { value: state }, t(`tracks.${state}`))));
    this.filterField = el("div", { class: "field narrow" }, this.filter);
    this.order = el("select", { id: "order", "aria-label": t("tracks.order"), onchange: () => this.changed() });
    this.direction = el("button", { type: "button", class: "quiet", id: "direction", "aria-pressed": "false", onclick: () => this.turn() }, t("tracks.descending"));
    this.count = el("p", { id: "track-count", class: "hint", role: "status" });
    this.note = el("p", { id: "track-note", class: "empty", hidden: true });
    this.play = playButton(t("library.list"), () => this.following(0), { text: t("library.play-all") });
    this.filters = filterPanel(() => this.query.value, (query) => {
      this.query.value = query;
      this.changed();
    });
    this.box = el("div", {});
    root.append(el("div", { class: "heading" }, viewHeading(t("nav.library")), this.tabs.node),
      el("section", { class: "card", id: "library-list", "aria-label": t("nav.library") },
        el("div", { class: "filters", role: "search", "aria-label": t("nav.library") }, el("div", { class: "field" }, this.query), this.filterField, el("div", { class: "field narrow" }, this.order), this.direction),
        this.filters.node, el("div", { class: "heading small-heading" }, this.count, this.play), this.box, this.note));
    /** @type {AbortController | null} */
    this.end = null;
    page.signal.addEventListener("abort", () => this.end?.abort());
    this.refresh = atMostEvery(2000, () => {
      this.stale = !page.visible;
      if (!this.stale) this.list?.refresh();
    });
  }

  /**
   * Show what an address asks for.
   *
   * @param {Part} part
   * @param {Record<string, string>} query
   */
  async show(part, { q = "", state = "", sort = "", order = "" }) {
    this.meaning = await dimensions().catch(() => []);
    this.tabs.mark(part);
    for (const link of this.tabs.node.querySelectorAll("a")) link.href = address("library", [link.dataset.part ?? ""], { q });
    if (part !== this.part || !this.list) this.open(part);
    this.query.value = q;
    choose(this.filter, state);
    choose(this.order, sort);
    setAttribute(this.direction, "aria-pressed", String(order === "desc"));
    this.page.title(t(`library.${part}`));
    this.filters.show();
    await this.list?.restart();
  }

  /** @param {Part} part */
  open(part) {
    this.part = part;
    this.filterField.hidden = this.play.hidden = part !== "tracks";
    const orders = ORDERS[part].map((name) => [name === ORDERS[part][0] ? "" : name, t(`order.${name}`)]);
    const all = part === "tracks" ? [...orders, ...this.meaning.map((one) => [one.name, t("order.by", { name: one.title })])] : orders;
    this.order.replaceChildren(...all.map(([value, text]) => el("option", { value }, text)));
    this.end?.abort();
    this.end = new AbortController();
    const node = el("ol", { class: part === "tracks" ? "tracks virtual" : "virtual cards", id: part === "tracks" ? "track-list" : `${part}-list`, "aria-label": t(`library.${part}`) });
    this.box.replaceChildren(node);
    this.list = this.listOf(part, node, this.end.signal);
  }

  /**
   * @param {Part} part
   * @param {HTMLElement} node
   * @param {AbortSignal} signal
   * @returns {SparseList<any>}
   */
  listOf(part, node, signal) {
    const drawn = (/** @type {{total: number, trouble: string}} */ found) => this.drawn(found);
    const range = (/** @type {number} */ offset, /** @type {number} */ limit) => ({ ...this.wish(), after: offset ? String(offset) : "", limit: String(limit) });
    if (part === "albums") return new SparseList(node, { create: albumCard, update: updateAlbum, key: ({ id }) => id, drawn, fetch: (offset, limit) => get("albums", range(offset, limit)) }, signal);
    if (part === "artists") return new SparseList(node, { create: artistCard, update: updateArtist, key: ({ id }) => id, drawn, fetch: (offset, limit) => get("artists", range(offset, limit)) }, signal);
    return new SparseList(node, {
      create: (item) => trackRow(item, () => this.following(Number(node.querySelector(`[data-key="${item.id}"]`)?.getAttribute("data-index")))),
      update: (row, item) => updateTrack(row, item, this.meaning.find((one) => one.name === this.order.value)),
      key: ({ id }) => id, drawn, fetch: (offset, limit) => this.files(offset, limit),
    }, signal);
  }

  /**
   * @param {number} offset
   * @param {number} limit
   */
  async files(offset, limit) {
    const found = await get("files", { ...this.wish(), state: this.filter.value, offset: offset ? String(offset) : "", limit: String(limit) });
    return /** @type {Files} */ (found); // all fields, because none are selected
  }

  /**
   * Return the tracks from a position of the list on, for the player.
   *
   * @param {number} index
   */
  async following(index) {
    return (await this.files(index, PLAYED)).items.filter((item) => item.state !== "failed").map(playable);
  }

  /** @param {{total: number, trouble: string}} found */
  drawn({ total, trouble }) {
    this.note.hidden = total > 0 && !trouble;
    this.explain(trouble);
    setText(this.count, total ? t(`count.${this.part}`, { count: total }) : "");
    this.play.disabled = total === 0;
  }

  /**
   * Say why the list is empty; where something may be missing, lead to the failed files and to what was left out.
   *
   * @param {string} trouble
   */
  explain(trouble) {
    const q = this.query.value.trim();
    const state = `${trouble}/${q}/${this.filter.value}/${this.part}`;
    if (this.note.dataset.state === state) return;
    this.note.dataset.state = state;
    if (trouble || !(q || this.filter.value)) return setText(this.note, trouble || t(`library.no-${this.part}`));
    this.note.replaceChildren(t("no-matches"), " ", ...rich("library.missing", {
      failed: el("a", { href: address("activity", ["failures"], { q }) }, t("library.missing-failed")),
      folders: el("a", { href: address("activity", ["folders"]) }, t("library.missing-folders")),
    }));
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
    this.page.keep([this.part], { ...this.wish(), state: this.part === "tracks" ? this.filter.value : "" });
    for (const link of this.tabs.node.querySelectorAll("a")) link.href = address("library", [link.dataset.part ?? ""], { q: this.query.value.trim() });
    this.list?.restart();
  }

  wish() {
    return { q: this.query.value.trim(), sort: this.order.value, order: this.direction.getAttribute("aria-pressed") === "true" ? "desc" : "" };
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
function choose(select, value) {
  select.value = [...select.options].some((option) => option.value === value) ? value : "";
}
