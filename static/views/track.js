/** One track: cover, glyph with its legend, what sounds like it, and the 25 dimensions. */

import { get, isMissing, messageOf, post } from "../api.js";
import { holdForComparison, insteadOf } from "../choosing.js";
import { el, toast } from "../dom.js";
import { bytes, clean, clock, decimal, folderOf, moment, unitOf, valueOf } from "../format.js";
import { backLink } from "../frame.js";
import { glyph, hueOf, noGlyph } from "../glyph.js";
import { maybe, t } from "../i18n.js";
import { latest } from "../latest.js";
import { playable, playButton, playLike, playNext } from "../listen.js";
import { dimensions, FAMILIES, inWords } from "../meaning.js";
import { byline, cover, titleOf } from "../music.js";
import { actionButton, viewHeading } from "../parts.js";
import { whenItComes } from "../queue.js";
import { address } from "../router.js";
import { fan, inPlace, pulse, scale, spectrum, tile, written } from "../scales.js";
import { similarPanel } from "../similar.js";

/** @typedef {import("../fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("../types.d.ts").AnalysedFile} AnalysedFile */
/** @typedef {import("../types.d.ts").DimensionName} DimensionName */
/** @typedef {import("../types.d.ts").Page} Page */
/** @typedef {{id: number, again?: boolean, fingerprint?: Fingerprint, reason?: string}} Outcome */

/**
 * @param {HTMLElement} root
 * @param {Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const view = new TrackView(root, page);
  const other = (/** @type {{id: number}} */ event) => String(event.id) === page.place.path[0] && view.refresh(event);
  return {
    show: ({ path: [id = ""] }) => view.open(id),
    result: other,
    failure: other,
    tags: ({ ids }) => ids.map(String).includes(page.place.path[0]) && view.reload(),
    missed: () => view.reload(),
  };
}

/** The view of one track; its content is replaced when the track changes. */
class TrackView {
  /**
   * @param {HTMLElement} root
   * @param {Page} page
   */
  constructor(root, page) {
    this.root = root;
    this.page = page;
    /** @type {File | null} */
    this.shown = null;
    this.latest = latest(() => this.fetch(), ([file, meaning]) => this.draw(file, meaning));
  }

  /**
   * Open a track, or the comparison with the track that waits for one.
   *
   * @param {string} id
   */
  async open(id) {
    const other = insteadOf(id);
    if (other) return location.replace(other);
    if (String(this.shown?.id) !== id) {
      this.latest.forget();
      this.root.replaceChildren(backLink(), viewHeading(t("loading")));
    }
    await this.load();
  }

  /** @returns {Promise<[File, DimensionInfo[]]>} */
  fetch() {
    return Promise.all([get(`files/${encodeURIComponent(this.page.place.path[0] ?? "")}`), dimensions()]);
  }

  async load() {
    try {
      await this.latest.load();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.latest.forget();
      this.root.replaceChildren(backLink(), viewHeading(t("track.missing")), el("p", { class: "empty" }, messageOf(error)));
    }
  }

  /** Fetch the track again. What is shown stays if that fails; the connection notice reports it. */
  async reload() {
    await this.load().catch(() => undefined);
  }

  /**
   * @param {File} file
   * @param {DimensionInfo[]} meaning
   */
  draw(file, meaning) {
    const same = this.shown?.id === file.id;
    const open = same && this.root.querySelector("details[open]") !== null;
    const focus = focusedIn(this.root);
    this.shown = file;
    this.page.title(titleOf(file));
    this.root.replaceChildren(backLink(), ...content(file, meaning, this));
    const numbers = this.root.querySelector("details.numbers-of");
    if (numbers && open) numbers.setAttribute("open", "");
    const again = /** @type {HTMLElement[]} */ ([...this.root.querySelectorAll("button, a, h1, summary")]).find((node) => focus !== null && nameOf(node) === focus);
    (again ?? (same || document.activeElement !== document.body ? null : this.root.querySelector("h1")))?.focus({ preventScroll: true });
  }

  /**
   * Refresh after an analysis. `again` marks a reanalysis, `reason` explains its failure.
   *
   * @param {Outcome} event
   */
  async refresh({ again, fingerprint, reason }) {
    const before = this.shown?.fingerprint;
    await this.reload();
    if (!again || !before) return;
    if (!fingerprint) return toast(`${t("track.again-failed")} ${clean(reason ?? "")}`, "bad");
    const names = /** @type {DimensionName[]} */ (Object.keys(before));
    const others = names.filter((name) => before[name] !== fingerprint[name]).length;
    toast(others ? t("track.again-changed", { count: others }) : t("track.again-same"));
  }

  /**
   * @param {"cancel" | "prioritise" | "reanalyse"} what
   * @param {number} id
   * @param {() => string} said
   */
  request(what, id, said) {
    return async () => {
      await post(what, { ids: [id] });
      await this.reload();
      return said();
    };
  }
}

/** @param {Element} control */
const nameOf = (control) => control.getAttribute("aria-label") ?? control.textContent;

/**
 * Return the name of the focused control in a node, or null.
 *
 * @param {HTMLElement} root
 */
function focusedIn(root) {
  const active = document.activeElement;
  return active && root.contains(active) ? nameOf(active) : null;
}

/**
 * @param {File} file
 * @param {DimensionInfo[]} meaning
 * @param {TrackView} view
 */
function content(file, meaning, view) {
  const title = titleOf(file);
  const top = el("div", { class: "with-cover" }, cover(file), el("div", {}, viewHeading(el("bdi", {}, title)), el("p", { class: "path" }, ...origin(file))));
  if (!isAnalysed(file)) return [el("section", { class: "card" }, top, el("div", { class: "portrait" }, noGlyph(file.state), el("div", {}, why(file), actions(file, view))))];
  const print = file.fingerprint;
  const unknown = file.metadata.undefined;
  return [
    el("section", { class: "card" }, top,
      el("div", { class: "portrait" },
        el("figure", { class: "signature" }, glyph(print, { dimensions: meaning, undefinedNames: unknown, label: t("glyph.of", { name: title }) }), legend()),
        el("div", {}, el("p", { class: "words" }, inWords(meaning, print, unknown)), facts(file), notes(file), actions(file, view))),
      tiles(meaning, print, unknown)),
    ...(file.state === "done" ? [similarPanel(file)] : []),
    numbers(file, meaning),
  ];
}

/**
 * The artist and the album of a track, as links; its folder without tags.
 *
 * @param {File} file
 */
function origin(file) {
  const { tags } = file;
  const [artist, album] = [tags?.artist ?? tags?.album_artist, tags?.album];
  const links = [
    artist && (tags?.artist_id ? el("a", { href: address("artist", [tags.artist_id]) }, el("bdi", {}, clean(artist))) : el("bdi", {}, clean(artist))),
    tags && el("a", { href: address("album", [tags.album_id]) }, el("bdi", {}, album ? clean(album) : t("album.folder"))),
  ].filter(Boolean);
  return links.length ? links.flatMap((link, index) => (index ? [" · ", link] : [link])) : [el("bdi", {}, byline(file))];
}

/** Explain what the glyph shows. */
const legend = () => el("details", { class: "hint legend-of" }, el("summary", {}, t("glyph.legend")),
  el("ul", {}, /** @type {const} */ (["shapes", "width", "hue", "dots", "centre", "rays"]).map((part) => el("li", {}, t(`glyph.${part}`)))));

/**
 * The spectrum and all values, folded.
 *
 * @param {AnalysedFile} file
 * @param {DimensionInfo[]} meaning
 */
function numbers(file, meaning) {
  const print = file.fingerprint;
  const unknown = file.metadata.undefined;
  const hue = hueOf(print);
  const bands = meaning.filter((dimension) => dimension.family === "frequency");
  return el("details", { class: "card numbers-of" }, el("summary", {}, el("h2", {}, t("track.numbers"))),
    spectrum(bands, [{ print, unknown, colour: (/** @type {number} */ index) => `hsl(${Math.round(hue + 8 * (index - 3))} 48% 52%)` }]),
    FAMILIES.map((family) => group(t(`family.${family}`), meaning.filter((one) => one.family === family), print, unknown)),
    el("p", { class: "hint" }, el("a", { href: `files/${encodeURIComponent(file.id)}` }, t("track.json"))));
}

/**
 * @param {File} file
 * @returns {file is AnalysedFile}
 */
const isAnalysed = (file) => file.fingerprint !== null && file.metadata !== null;

/** @param {File} file */
function why(file) {
  if (file.failure) return el("p", {}, t("track.failed", { kind: maybe(`failure.${file.failure.code}`, "") }), " ", el("span", { lang: "en" }, clean(file.failure.reason)));
  return el("p", {}, t(file.state === "running" ? "track.running" : "track.queued"));
}

/**
 * @param {File} file
 * @param {TrackView} view
 */
function actions(file, view) {
  const when = () => whenItComes(view.page.status);
  const button = (/** @type {string} */ text, /** @type {"cancel" | "prioritise" | "reanalyse"} */ what, /** @type {() => string} */ said) =>
    actionButton(text, view.request(what, file.id, said));
  return el("div", { class: "actions" },
    file.fingerprint && playButton(titleOf(file), () => [playable(file)], { text: t("play.play"), class: "primary" }),
    file.state === "done" && actionButton(t("play.like"), () => playLike(file.id)),
    file.fingerprint && actionButton(t("play.next"), () => playNext([playable(file)])),
    file.state === "failed" && button(t("track.retry"), "prioritise", when),
    awaited(file) ? button(t("track.cancel-again"), "cancel", () => t("track.cancelled-again"))
      : (file.state === "pending" || file.state === "outdated") && button(t("track.analyse"), "prioritise", when),
    file.state === "done" && button(t("track.again"), "reanalyse", () => `${when()} ${t("track.until-then")}`),
    file.fingerprint && el("button", { type: "button", onclick: () => holdForComparison(file) }, t("track.compare")));
}

/**
 * Return true if the file is queued only for a requested reanalysis.
 *
 * @param {File} file
 */
const awaited = (file) => file.state === "outdated" && !file.outdated;

/** @param {AnalysedFile} file */
function facts(file) {
  const { duration_sec: seconds, sample_rate: hertz, channels, format, codec } = file.metadata;
  const sound = [clock(seconds), `${decimal(hertz / 1000)} kHz`, t(channels === 1 ? "sound.mono" : channels === 2 ? "sound.stereo" : "sound.channels", { count: channels })];
  const stored = [...new Set([codec, format])].filter(Boolean).map(clean).join(" · ");
  const origin = [file.source ? t(`source.${file.source}`) : "", file.analysed_at ? moment(file.analysed_at) : ""];
  const rows = [[t("track.audio"), sound.join(" · ")], [t("track.file"), `${stored} · ${bytes(file.size)}`], [t("track.result"), origin.filter(Boolean).join(", ")], [t("track.folder"), folderOf(file.path)]];
  if (file.track_ids.length) rows.push([t("track.id"), file.track_ids.map(String).join(", ")]);
  return el("dl", { class: "about" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("bdi", {}, value)))));
}

/** @param {AnalysedFile} file */
function notes(file) {
  const warnings = file.metadata.warnings.map((code) => maybe(`warning.${code}`, clean(code).replaceAll("_", " ")));
  if (file.outdated) warnings.unshift(t("track.outdated"));
  if (awaited(file)) warnings.unshift(`${t("track.again-queued")} ${t("track.until-then")}`);
  if (file.state === "running") warnings.unshift(`${t("track.again-running")} ${t("track.until-then")}`);
  if (file.failure) warnings.unshift(`${t("track.last-failed")} ${clean(file.failure.reason)}`);
  return warnings.map((text) => el("p", { class: "fault small note" }, text));
}

/**
 * Tiles for tempo, loudness, dynamics and stereo width.
 *
 * @param {DimensionInfo[]} meaning
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
function tiles(meaning, print, unknown) {
  const one = /** @type {Record<DimensionName, DimensionInfo>} */ (Object.fromEntries(meaning.map((dimension) => [dimension.name, dimension])));
  const open = (/** @type {DimensionName} */ name) => unknown.includes(name);
  const shown = (/** @type {DimensionName} */ name) => (open(name) ? "–" : valueOf(one[name], print[name]));
  const measure = (/** @type {string} */ title, /** @type {DimensionName} */ name) => tile(title, shown(name), unitOf(one[name]),
    scale(one[name], [{ value: print[name], unknown: open(name) }]), inPlace(one[name], print[name], open(name)));
  const steady = print.rhythm_stability;
  const rhythm = t(open("tempo_bpm") ? "tile.no-tempo" : steady > 0.6 ? "tile.steady" : steady > 0.3 ? "tile.clear" : "tile.loose");
  const [width, phase] = [print.stereo_width, print.phase_correlation];
  const image = open("stereo_width") ? t("undefined") : width < 0.005 ? t("sound.mono") : phase < 0 ? t("word.out-of-phase") : inPlace(one.stereo_width, width, false);
  return el("dl", { class: "tiles" },
    tile(t("tile.tempo"), shown("tempo_bpm"), "BPM", pulse(open("tempo_bpm") ? 0 : print.tempo_bpm, steady), rhythm),
    measure(t("tile.loudness"), "lufs"), measure(t("tile.dynamics"), "crest_db"),
    tile(t("tile.width"), shown("stereo_width"), "", fan(width, phase), image));
}

/**
 * @param {string} title
 * @param {DimensionInfo[]} members
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
function group(title, members, print, unknown) {
  return el("section", { class: "family" }, el("h3", {}, title),
    el("dl", {}, members.map((dimension) => row(dimension, print[dimension.name], unknown.includes(dimension.name)))));
}

/**
 * @param {DimensionInfo} dimension
 * @param {number} value
 * @param {boolean} unknown
 */
function row(dimension, value, unknown) {
  return el("div", { class: "dimension", title: `${dimension.formula}. ${dimension.source}.` },
    el("dt", {}, dimension.title), el("dd", { class: "value" }, written(dimension, value, unknown)),
    el("dd", { class: "scale" }, scale(dimension, [{ value, unknown }])), el("dd", { class: "hears" }, dimension.hears));
}
