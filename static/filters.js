/** Filters of the library: genre, decade and ranges of numbers. Each edits a term of the search, which holds them all. */

import { get } from "./api.js";
import { el } from "./dom.js";
import { t } from "./i18n.js";
import { dimensions } from "./meaning.js";
import { endsOf, rangeOf, termOf, withTerm } from "./search.js";

/** Fields with a range of their own; any dimension can be added. */
const RANGES = ["tempo_bpm", "lufs", "year", "duration"];
const LAST_OF_DECADE = 9;

/**
 * Create the filters. `query()` returns the search, `change(query)` replaces it; `show(opened)` draws them for the current search.
 *
 * @param {() => string} query
 * @param {(query: string) => void} change
 */
export function filterPanel(query, change) {
  const body = el("div", { class: "filter-fields" });
  /** @type {HTMLDetailsElement} */
  const node = el("details", { class: "more-filters", ontoggle: () => node.open && show() }, el("summary", {}, t("filters.title")), body);
  let extra = ""; // a dimension chosen for a further range

  async function show() {
    if (!node.open) return;
    const [{ genres, decades }, meaning] = await Promise.all([get("facets"), dimensions()]);
    const names = new Map(meaning.map((one) => [/** @type {string} */ (one.name), one.unit && one.unit !== "ratio" ? `${one.title} (${one.unit})` : one.title]));
    names.set("year", t("filters.year")).set("duration", t("filters.duration"));
    const used = meaning.filter((one) => termOf(query(), one.name) && !RANGES.includes(one.name)).map((one) => one.name);
    const ranges = [...new Set([...RANGES, ...used, ...(extra ? [extra] : [])])];
    body.replaceChildren(
      choice(t("filters.genre"), "genre", genres.map(({ value, files }) => [value, t("filters.option", { value, count: files })])),
      choice(t("filters.decade"), "year", decades.map(({ value, files }) => [`${value}..${value + LAST_OF_DECADE}`, t("filters.option", { value: t("filters.decade-of", { year: String(value) }), count: files })])),
      ...ranges.map((name) => range(name, names.get(name) ?? name)),
      el("label", { class: "field narrow" }, el("span", { class: "label" }, t("filters.more")), el("select", { onchange: (/** @type {{target: HTMLSelectElement}} */ { target }) => {
        extra = target.value;
        show();
      } }, el("option", { value: "" }, t("filters.choose")), meaning.filter((one) => !ranges.includes(one.name)).map((one) => el("option", { value: one.name }, one.title)))),
      el("button", { type: "button", class: "quiet", onclick: () => set("") }, t("filters.clear")));
  }

  /** @param {string} text */
  function set(text) {
    change(text);
    show();
  }

  /**
   * @param {string} label
   * @param {string} field
   * @param {string[][]} options
   */
  function choice(label, field, options) {
    const now = termOf(query(), field);
    return el("label", { class: "field narrow" }, el("span", { class: "label" }, label), el("select", { onchange: (/** @type {{target: HTMLSelectElement}} */ { target }) => set(withTerm(query(), field, target.value)) },
      el("option", { value: "" }, t("filters.any")), options.map(([value, text]) => el("option", { value, selected: value === now }, text))));
  }

  /**
   * @param {string} field
   * @param {string} label
   */
  function range(field, label) {
    const { low, high } = endsOf(termOf(query(), field));
    /** @type {(value: string, name: string) => HTMLInputElement} */
    const input = (/** @type {string} */ value, /** @type {string} */ name) => el("input", { type: "number", step: "any", value, "aria-label": `${label}: ${name}`, placeholder: name, onchange: () => set(withTerm(query(), field, rangeOf(from.value, to.value))) });
    const [from, to] = [input(low, t("filters.from")), input(high, t("filters.to"))];
    return el("div", { class: "field narrow range-of", role: "group", "aria-label": label }, el("span", { class: "label", "aria-hidden": "true" }, label), from, to);
  }
  return { node, show };
}
