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
  let drawn = ""; // the fields with a range that are shown
  /** Show the values of the search in the fields. @type {(() => void)[]} */
  let readings = [];

  async function show() {
    if (!node.open) return;
    for (const read of readings) read();
    const [{ genres, decades }, meaning] = await Promise.all([get("facets"), dimensions()]);
    const names = new Map(meaning.map((one) => [/** @type {string} */ (one.name), one.unit && one.unit !== "ratio" ? `${one.title} (${one.unit})` : one.title]));
    names.set("year", t("filters.year")).set("duration", t("filters.duration"));
    const used = meaning.filter((one) => termOf(query(), one.name) && !RANGES.includes(one.name)).map((one) => one.name);
    const ranges = [...new Set([...RANGES, ...used, ...(extra ? [extra] : [])])];
    if (String(ranges) === drawn) return; // a field that is being edited stays
    drawn = String(ranges);
    readings = [];
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

  /** @param {() => void} read */
  function reading(read) {
    readings.push(read);
    read();
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
    /** @type {HTMLSelectElement} */
    const select = el("select", { onchange: () => set(withTerm(query(), field, select.value)) },
      el("option", { value: "" }, t("filters.any")), options.map(([value, text]) => el("option", { value }, text)));
    reading(() => {
      const now = termOf(query(), field);
      select.value = options.some(([value]) => value === now) ? now : "";
    });
    return el("label", { class: "field narrow" }, el("span", { class: "label" }, label), select);
  }

  /**
   * @param {string} field
   * @param {string} label
   */
  function range(field, label) {
    /** @type {(name: string) => HTMLInputElement} */
    const input = (/** @type {string} */ name) => el("input", { type: "number", step: "any", "aria-label": `${label}: ${name}`, placeholder: name, onchange: () => set(withTerm(query(), field, rangeOf(from.value, to.value))) });
    const [from, to] = [input(t("filters.from")), input(t("filters.to"))];
    reading(() => {
      const { low, high } = endsOf(termOf(query(), field));
      for (const [end, value] of /** @type {const} */ ([[from, low], [to, high]])) if (document.activeElement !== end) end.value = value;
    });
    return el("div", { class: "field narrow range-of", role: "group", "aria-label": label }, el("span", { class: "label", "aria-hidden": "true" }, label), from, to);
  }
  return { node, show };
}
