/** Forms that build playlists: a radio, a path, and a filter. Their fields are the query of the address. */

import { get, post } from "../api.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { numbers, seedField } from "./seeds.js";

/** @typedef {Record<string, string>} Query */
/** @typedef {import("../fingerprint.d.ts").Copy} Copy */
/** @typedef {{ids: number[], note: string, copies?: Map<number, Copy[]>}} Built */
/**
 * A form. `show` fills the fields from the address, `build` returns the tracks; null while something is missing.
 *
 * @typedef {{node: HTMLElement, show: (query: Query) => Promise<void>, build: (query: Query) => Promise<Built | null>}} Form
 */
/** @typedef {(changes: Record<string, string | number>) => void} Change */

const CURVES = /** @type {const} */ (["", "flat", "rise", "fall", "arc"]);
const ORDERS = /** @type {const} */ (["path", "artist", "year", "tempo_bpm", "lufs", "duration_sec"]);
const USUAL = { tracks: 20, spread: 0.3, path: 10 };
const RANGES = /** @type {const} */ (["tempo_bpm", "lufs", "year"]);
const MOST = 500; // tracks of a filter

/**
 * @param {string} label
 * @param {HTMLElement} input
 */
const labelled = (label, input) => el("label", { class: "labelled" }, el("span", {}, label), input);

/**
 * @param {string} name
 * @param {import("../types.d.ts").Attributes} attributes
 * @param {Change} change
 */
function field(name, attributes, change) {
  /** @type {HTMLInputElement} */
  const input = el("input", { name, ...attributes, onchange: () => input.reportValidity() && change({ [name]: input.value }) });
  return input;
}

/**
 * @param {string} name
 * @param {readonly string[]} options
 * @param {(option: string) => string} text
 * @param {Change} change
 */
function choice(name, options, text, change) {
  /** @type {HTMLSelectElement} */
  const select = el("select", { name, onchange: () => change({ [name]: select.value }) }, options.map((value) => el("option", { value }, text(value))));
  return select;
}

/** @param {import("../fingerprint.d.ts").PlaylistAnswer} answer */
const builtOf = ({ items, note }) => ({ ids: items.map((one) => one.file_id), note, copies: new Map(items.map((one) => [one.file_id, one.copies])) });

/**
 * A radio: tracks that sound like some, unlike others, with a course of energy.
 *
 * @param {Change} change
 * @returns {Form}
 */
export function radioForm(change) {
  const like = seedField(t("playlists.like"), (ids) => change({ like: ids.join(","), number: "" }));
  const unlike = seedField(t("playlists.unlike"), (ids) => change({ unlike: ids.join(",") }));
  const tracks = field("tracks", { type: "number", min: 1, max: 500, required: true }, change);
  const spread = field("spread", { type: "range", min: 0, max: 1, step: 0.1 }, change);
  const curve = choice("curve", CURVES, (value) => t(/** @type {any} */ (`playlists.curve.${value || "none"}`)), change);
  const genres = field("genres", { type: "text", maxlength: 200, autocomplete: "off", placeholder: t("playlists.genres.example") }, change);
  /** @type {HTMLInputElement} */
  const strangers = el("input", { type: "checkbox", name: "strangers", onchange: () => change({ strangers: strangers.checked ? 1 : "" }) });
  const ranges = RANGES.map((name) => ({ name, ends: /** @type {const} */ (["from", "to"]).map((end) => field(`${name}.${end}`, { type: "number", step: "any", "aria-label": t(/** @type {any} */ (`playlists.${end}`)) }, change)) }));
  const node = el("div", { class: "form" }, like.node,
    el("div", { class: "fields" }, labelled(t("playlists.tracks"), tracks), labelled(t("playlists.spread"), spread), labelled(t("playlists.curve"), curve)),
    el("details", {}, el("summary", {}, t("playlists.more")), unlike.node,
      el("div", { class: "fields" }, labelled(t("playlists.genres"), genres), el("label", { class: "check" }, strangers, " ", t("playlists.strangers"))),
      el("div", { class: "fields" }, ranges.map(({ name, ends }) => el("fieldset", { class: "between" }, el("legend", {}, t(`playlists.range.${name}`)), ...ends)))));
  return {
    node,
    async show(query) {
      await Promise.all([like.show(query.like), unlike.show(query.unlike)]);
      tracks.value = query.tracks ?? String(USUAL.tracks);
      spread.value = query.spread ?? String(USUAL.spread);
      curve.value = query.curve ?? "";
      genres.value = query.genres ?? "";
      strangers.checked = Boolean(query.strangers);
      for (const { ends } of ranges) for (const end of ends) end.value = query[end.name] ?? "";
    },
    async build(query) {
      if (!query.like) return null;
      const body = {
        like: { files: numbers(query.like) }, unlike: { files: numbers(query.unlike) }, tracks: Number(query.tracks ?? USUAL.tracks),
        spread: Number(query.spread ?? USUAL.spread), number: Number(query.number ?? 0), curve: query.curve || null, filters: filtersOf(query),
      };
      return builtOf(await post("playlist", body));
    },
  };
}

/**
 * The conditions of a radio as the service takes them.
 *
 * @param {Query} query
 */
function filtersOf(query) {
  const between = (/** @type {string} */ name) => ["from", "to"].map((end) => (query[`${name}.${end}`] ? Number(query[`${name}.${end}`]) : null));
  const limited = RANGES.filter((name) => name !== "year" && between(name).some((end) => end !== null));
  const genres = (query.genres ?? "").split(",").map((one) => one.trim()).filter(Boolean);
  return {
    ranges: Object.fromEntries(limited.map((name) => [name, between(name)])), years: between("year"),
    genres: genres.length ? genres : null, exclude_artists: Boolean(query.strangers),
  };
}

/**
 * A path from one track to another, in small steps.
 *
 * @param {Change} change
 * @returns {Form}
 */
export function pathForm(change) {
  const start = seedField(t("playlists.start"), (ids) => change({ start: ids.join(",") }), { single: true });
  const end = seedField(t("playlists.end"), (ids) => change({ end: ids.join(",") }), { single: true });
  const tracks = field("tracks", { type: "number", min: 2, max: 500, required: true }, change);
  return {
    node: el("div", { class: "form" }, start.node, end.node, el("div", { class: "fields" }, labelled(t("playlists.tracks"), tracks))),
    async show(query) {
      await Promise.all([start.show(query.start), end.show(query.end)]);
      tracks.value = query.tracks ?? String(USUAL.path);
    },
    async build(query) {
      if (!query.start || !query.end) return null;
      return builtOf(await post("path", { start: { files: numbers(query.start) }, end: { files: numbers(query.end) }, tracks: Number(query.tracks ?? USUAL.path) }));
    },
  };
}

/**
 * All tracks that a search finds, in an order.
 *
 * @param {Change} change
 * @returns {Form}
 */
export function filterForm(change) {
  const changed = () => change({ q: q.value.trim(), sort: sort.value, tracks: tracks.value });
  const q = field("q", { type: "search", autocomplete: "off", placeholder: t("playlists.filter.example") }, changed);
  const sort = choice("sort", ORDERS, (value) => t(/** @type {any} */ (`playlists.order.${value}`)), changed);
  const tracks = field("tracks", { type: "number", min: 1, max: MOST, required: true }, changed);
  return {
    node: el("div", { class: "form" }, labelled(t("playlists.filter"), q),
      el("div", { class: "fields" }, labelled(t("playlists.order"), sort), labelled(t("playlists.tracks"), tracks))),
    async show(query) {
      q.value = query.q ?? "";
      sort.value = query.sort ?? ORDERS[0];
      tracks.value = query.tracks ?? String(USUAL.tracks);
    },
    async build(query) {
      if (!query.q) return null;
      const page = await get("files", { q: query.q, state: "done", fields: "id", sort: query.sort ?? ORDERS[0], limit: query.tracks ?? String(USUAL.tracks) });
      const ids = page.items.flatMap(({ id }) => id ?? []);
      return { ids, note: page.matching > ids.length ? t("playlists.filter.more", { count: page.matching }) : "" };
    },
  };
}
