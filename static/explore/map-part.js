/** The map of the library with search, colours, regions and selection. */

import { get, messageOf } from "../api.js";
import { announce, byId, el, setText } from "../dom.js";
import { count, decimal, percent } from "../format.js";
import { t } from "../i18n.js";
import { LibraryMap } from "../map.js";
import { byline, titleOf } from "../music.js";
import { fetchTag } from "../points.js";
import { address } from "../router.js";
import { showSpread } from "../spread.js";
import { colouring, fillChoice } from "./colouring.js";
import { fileOf, filesOf } from "./files.js";
import { shareKept } from "./honesty.js";
import { inside, readOutline, written } from "./lasso.js";
import { FEWEST, improve, loadLibrary } from "./library.js";
import { SelectionPanel } from "./panel.js";
import { listen, quiet } from "./preview.js";
import { numbers } from "../playlists/seeds.js";
import { findRegions } from "./regions.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Status} Status */
/** @typedef {import("../types.d.ts").Axis} Axis */
/** @typedef {import("../types.d.ts").DimensionName} DimensionName */
/** @typedef {import("../types.d.ts").Page} Page */
/** @typedef {import("../types.d.ts").Place} Place */
/** @typedef {import("./library.js").Mapped} Mapped */
/** @typedef {import("./regions.js").Region} Region */

const GROWN = 1.1; // growth factor after which the map is redrawn during a scan
const REST_MS = 60; // delay before the title of a point is fetched
const TYPING_MS = 300; // delay after the last key before a search
const PAGE = 500; // files of one request
const MATCHES = 2000; // matches of a search that are marked
/** Without any of the choices of an address. */
const NOTHING = { track: null, path: null, outline: null, region: null };

export class MapPart {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {Mapped | null} */
    this.mapped = null;
    /** @type {LibraryMap | null} */
    this.map = null;
    /** @type {Region[]} */
    this.regions = [];
    /** @type {number | null} */
    this.loadedAt = null; // number of fingerprints when the points were loaded
    this.query = /** @type {Record<string, string>} */ ({});
    this.searched = 0;
    /** @type {File | null} */
    this.start = null; // of a path whose end is being chosen
    this.panel = new SelectionPanel({ pathFrom: (file) => this.beginPath(file), chooseRegion: ({ name }) => this.pick({ region: name }) });
    this.search = el("input", { type: "search", "aria-label": t("explore.search"), placeholder: t("explore.search"), autocomplete: "off", oninput: () => this.typed() });
    /** @type {HTMLSelectElement} */
    this.colour = el("select", { id: "map-colour", "aria-label": t("map.colour"), onchange: () => this.keep({ colour: this.colour.value }, true) });
    this.hearing = el("button", { type: "button", "aria-pressed": "false", onclick: () => this.toggleListening() }, t("explore.listen"));
    this.found = el("p", { class: "hint", role: "status" });
    this.hint = el("p", { class: "hint", id: "map-hint" });
    this.surface = el("div", { id: "map" });
    this.legend = el("div", { id: "map-legend" });
    this.spread = el("div", { id: "spread", class: "spread" });
    this.filters = el("div", { class: "filters" }, el("div", { class: "field" }, this.search), el("div", { class: "field narrow" }, this.colour), this.hearing);
    this.distribution = el("section", { class: "card", "aria-labelledby": "spread-title", hidden: true },
      el("h2", { id: "spread-title" }, t("spread.title")), el("p", { class: "hint" }, t("spread.hint")), this.spread);
    this.node = el("div", { class: "stacked" },
      el("section", { class: "card", id: "map-section", "aria-labelledby": "map-title" },
        el("h2", { id: "map-title" }, t("map.title")), el("p", { class: "hint" }, t("map.near")),
        this.filters, this.found, el("div", { class: "beside" }, el("div", { class: "mapped" }, this.surface, this.legend, this.hint), this.panel.node)),
      this.distribution);
    page.signal.addEventListener("abort", () => this.end());
  }

  end() {
    quiet();
    this.map?.end();
  }

  /** @param {Place} place */
  async show({ query }) {
    this.query = query;
    if (this.search.value !== (query.q ?? "")) this.search.value = query.q ?? "";
    await this.load(this.page.status?.counts.done ?? null);
    await this.follow();
  }

  /** Redraw the map when it becomes possible, after enough growth, and at the end of a scan. @param {Status} status */
  status({ counts: { done }, state }) {
    if (!this.mapped || this.loadedAt === null || done === this.loadedAt) return;
    if (this.mapped.points.count < FEWEST || state !== "working" || done > GROWN * this.loadedAt) this.load(done).then(() => this.follow());
  }

  /** @param {number | null} done */
  async load(done) {
    if (this.mapped && done === this.loadedAt) return this.map?.resize();
    if (!this.mapped) this.tell(t("loading"));
    try {
      const before = this.mapped;
      this.mapped = await loadLibrary((share) => before || this.tell(t("explore.loading", { share: percent(100 * share) })));
      if (this.page.signal.aborted) return;
      this.loadedAt = done ?? this.mapped.points.count;
      if (before !== this.mapped || !this.map) await this.draw(this.mapped);
      this.improve(this.mapped);
    } catch (error) {
      this.map?.end();
      this.map = this.mapped = null;
      this.tell(messageOf(error), el("button", { type: "button", onclick: () => this.show(this.page.place) }, t("retry")));
    }
  }

  /** Show the map of the service once it is computed. @param {Mapped} plain */
  async improve(plain) {
    const better = await improve(plain);
    if (!better || this.page.signal.aborted || this.mapped !== plain) return;
    this.mapped = better;
    await this.draw(better);
    await this.follow();
  }

  /**
   * @param {string} text
   * @param {HTMLElement[]} rest
   */
  tell(text, ...rest) {
    this.surface.replaceChildren(el("p", { class: "empty", role: "status" }, text), ...rest);
  }

  /** @param {Mapped} mapped */
  async draw(mapped) {
    const { points, meaning, x, y, axes } = mapped;
    const few = points.count < FEWEST;
    for (const node of [this.filters, this.panel.node, this.distribution]) node.hidden = few;
    if (few) {
      this.map?.end();
      this.map = null;
      this.tell(t("map.few"));
      return;
    }
    this.map ??= new LibraryMap(this.surface, {
      describe: (index) => this.describe(index), select: (index) => this.choose(index), open: (index) => this.open(index),
      listen: (index) => (index < 0 ? quiet() : listen(points.ids[index])), outlined: (corners) => this.outlined(corners),
    });
    if (!this.colour.options.length) fillChoice(this.colour, meaning);
    this.colour.value = this.query.colour ?? "";
    const colours = await colouring(points, meaning, this.colour.value);
    this.map.show(points, x, y, colours);
    this.legend.replaceChildren(...colours.legend);
    showAxes(this.map, axes, meaning);
    showSpread(this.spread, points, meaning);
    this.explain(mapped);
    this.nameRegions(mapped);
  }

  /** Say what the places mean, and how far they can be trusted. @param {Mapped} mapped */
  async explain({ points, x, y, axes, kept: measured }) {
    const share = percent(100 * (axes[0].share + axes[1].share));
    const parts = [t("count.tracks", { count: points.count }), ...(measured === null ? [t("map.axes", { share })] : [])];
    setText(this.hint, parts.join(" · "));
    const kept = measured ?? (await shareKept(points, x, y, this.page.signal));
    if (kept !== null && this.mapped?.x === x) setText(this.hint, [...parts, t("explore.kept", { number: decimal(10 * kept) })].join(" · "));
  }

  /** @param {Mapped} mapped */
  async nameRegions({ points }) {
    const { map } = this;
    if (!map) return;
    const genres = await fetchTag(points, "genre").catch(() => points.ids.map(() => null)); // named by their sound then
    this.regions = map.labels.regions = findRegions(map.unitX, map.unitY, points, genres);
    map.soon();
    if (this.query.region || !this.chosen()) await this.follow();
  }

  /** Show the selection and the search of the address. */
  async follow() {
    const { map, mapped } = this;
    if (!map || !mapped) return;
    const index = mapped.places.get(Number(this.query.track)) ?? -1;
    const many = this.chosen();
    map.select(index);
    map.connect(this.query.path && many ? many.indices : []);
    if (many) map.emphasise(new Set(many.indices));
    else await this.mark();
    if (index >= 0) await this.panel.showTrack(mapped.points.ids[index], mapped.meaning);
    else if (many) await this.panel.showMany(many.title, many.indices.map((one) => mapped.points.ids[one]));
    else if (!this.query.q) this.panel.showNothing(this.regions);
  }

  /** Return what the address chooses besides one track: the tracks of a path, of an outline or of a region; null for nothing. */
  chosen() {
    const { map, mapped, regions, query } = this;
    if (!map || !mapped) return null;
    if (query.path) return { title: t("explore.way"), indices: numbers(query.path).flatMap((id) => mapped.places.get(id) ?? []) };
    if (query.outline) return { title: t("explore.outlined"), indices: inside(readOutline(query.outline), map.unitX, map.unitY) };
    const region = regions.find(({ name }) => name === query.region);
    return region ? { title: region.name, indices: region.members } : null;
  }

  /**
   * Choose something else.
   *
   * @param {Record<string, string | number | null>} choice
   */
  async pick(choice) {
    await this.keep({ ...NOTHING, ...choice });
    await this.follow();
    const many = this.chosen();
    if (this.query.region && many) this.map?.fit(many.indices);
  }

  /**
   * Change the address of the part; `redraw` applies the colours.
   *
   * @param {Record<string, string | number | null>} changes
   * @param {boolean} redraw
   */
  async keep(changes, redraw = false) {
    this.query = Object.fromEntries(Object.entries({ ...this.query, ...changes }).flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, String(value)]])));
    this.page.keep([], this.query);
    if (!redraw || !this.mapped || !this.map) return;
    try {
      const colours = await colouring(this.mapped.points, this.mapped.meaning, this.colour.value);
      this.map.recolour(colours);
      this.legend.replaceChildren(...colours.legend);
    } catch (error) {
      this.legend.replaceChildren(el("p", { class: "fault small note" }, messageOf(error)));
    }
  }

  typed() {
    const searched = (this.searched += 1);
    setTimeout(async () => {
      if (searched !== this.searched) return;
      await this.pick({ q: this.search.value.trim() });
    }, TYPING_MS);
  }

  /** Mark the matches of the search. */
  async mark() {
    const { map, mapped } = this;
    const { q } = this.query;
    if (!map || !mapped) return;
    if (!q) {
      setText(this.found, "");
      return map.emphasise(null);
    }
    try {
      const { ids, matching } = await matchesOf(q);
      if (this.query.q !== q) return;
      const indices = ids.flatMap((id) => mapped.places.get(id) ?? []);
      map.emphasise(new Set(indices));
      setText(this.found, t("explore.matches", { count: matching }));
      if (!this.query.track) await this.panel.showMany(t("explore.found", { query: q }), indices.map((index) => mapped.points.ids[index]), matching > ids.length ? t("explore.marked", { count: ids.length }) : "");
    } catch (error) {
      setText(this.found, messageOf(error));
    }
  }

  /** @param {number} index */
  async choose(index) {
    const { map, mapped, start } = this;
    if (!map || !mapped) return;
    const id = index < 0 ? null : mapped.points.ids[index];
    if (start && id !== null && id !== start.id) {
      this.endPath();
      location.hash = address("playlists", ["path"], { start: start.id, end: id });
      return;
    }
    if (id === null) return this.pick({});
    map.select(index);
    this.keep({ track: id });
    await this.panel.showTrack(id, mapped.meaning);
  }

  /** @param {number} index */
  open(index) {
    if (this.mapped) location.hash = address("track", [this.mapped.points.ids[index]]);
  }

  /** @param {import("./lasso.js").Corner[]} corners */
  async outlined(corners) {
    const { map } = this;
    const outline = written(corners);
    if (!map || !inside(readOutline(outline), map.unitX, map.unitY).length) return announce(t("explore.outlined.none"));
    await this.pick({ outline });
  }

  /** @param {File} file */
  beginPath(file) {
    this.start = file;
    const tray = byId("tray");
    tray.replaceChildren(el("span", {}, t("explore.path.end", { name: titleOf(file) })), el("button", { type: "button", class: "quiet", onclick: () => this.endPath() }, t("cancel")));
    tray.hidden = false;
    this.map?.canvas.focus();
    this.page.signal.addEventListener("abort", () => this.endPath(), { once: true });
  }

  endPath() {
    if (this.start) byId("tray").hidden = true;
    this.start = null;
  }

  toggleListening() {
    const on = this.hearing.getAttribute("aria-pressed") !== "true";
    this.hearing.setAttribute("aria-pressed", String(on));
    if (this.map) this.map.gestures.listening = on;
    if (!on) quiet();
  }

  /**
   * Describe a point by title, artist, tempo and loudness; what is not known is fetched after a delay.
   *
   * @param {number} index
   */
  async describe(index) {
    if (!this.mapped) return "";
    const { points } = this.mapped;
    const [tempo, loudness] = [points.columns.tempo_bpm[index], points.columns.lufs[index]];
    const facts = [Number.isNaN(tempo) ? t("tile.no-tempo") : `${count(tempo)} BPM`, Number.isNaN(loudness) ? t("tracks.silent") : `${decimal(loudness)} LUFS`].join(" · ");
    let file = fileOf(points.ids[index]);
    if (!file) {
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      if (this.map?.pointed !== index) return facts;
      try {
        [file] = await filesOf([points.ids[index]]);
      } catch {
        return facts;
      }
    }
    return file ? `${titleOf(file)}\n${byline(file)}\n${facts}` : facts;
  }
}

/**
 * Return the ids of the tracks that a search matches, and the number of all matches.
 *
 * @param {string} q
 */
async function matchesOf(q) {
  /** @type {number[]} */
  const ids = [];
  for (let after = ""; ;) {
    const page = await get("files", { q, state: "done", fields: "id", limit: String(PAGE), after });
    for (const { id } of page.items) if (id !== undefined) ids.push(id);
    if (!page.next || ids.length >= MATCHES) return { ids, matching: page.matching };
    after = page.next;
  }
}

/**
 * @param {LibraryMap} map
 * @param {Axis[]} axes
 * @param {import("../fingerprint.d.ts").DimensionInfo[]} meaning
 */
function showAxes(map, axes, meaning) {
  const title = (/** @type {DimensionName} */ name) => meaning.find((one) => one.name === name)?.title ?? name;
  const [across, up] = axes;
  /** @type {[import("../i18n.js").Key, DimensionName[]][]} */
  const ends = [["map.left", across.low], ["map.right", across.high], ["map.up", up.high], ["map.down", up.low]];
  map.axes.replaceChildren(...ends.map(([key, names]) => el("span", {}, names.length ? t(key, { names: names.map(title).join(", ") }) : "")));
}
