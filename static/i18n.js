/**
 * Texts in the language of the reader. `i18n/<language>.json` maps keys to texts. `{name}` in a text is replaced by a
 * value; a text with plural forms is an object by the categories of `Intl.PluralRules`, selected by the value `count`.
 */

/** @typedef {typeof import("./i18n/en.json")} Texts */
/** @typedef {keyof Texts} Key */
/** @typedef {Record<string, string | number>} Values */
/** @typedef {string | Record<string, string>} Entry */

const LANGUAGES = ["en", "de"]; // the first one is used for readers of other languages
/** Languages written from right to left. */
const LEFTWARD = ["ar", "fa", "he", "ur"];

const preferred = typeof navigator === "undefined" ? [] : navigator.languages; // undefined in the unit tests
const languageOf = (/** @type {string} */ tag) => tag.toLowerCase().split("-")[0];

/** The language of the texts. */
export const language = preferred.map(languageOf).find((one) => LANGUAGES.includes(one)) ?? LANGUAGES[0];

/** The locale of numbers and dates: a preferred one that has the language of the texts, because they stand in sentences. */
export const locale = preferred.find((tag) => languageOf(tag) === language) ?? language;

/** @type {Record<string, Entry>} */
const texts = (await import(`./i18n/${language}.json`, { with: { type: "json" } })).default;
const plural = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

if (typeof document !== "undefined") {
  document.documentElement.lang = locale;
  document.documentElement.dir = LEFTWARD.includes(language) ? "rtl" : "ltr";
}

/**
 * Return the text of a key, in the plural form that fits `values.count`.
 *
 * @param {Key} key
 * @param {Values} values
 */
function template(key, values) {
  const entry = texts[key];
  if (typeof entry === "string") return entry;
  if (entry === undefined) throw new Error(`There is no text ${key}.`);
  return entry[plural.select(Number(values.count ?? 0))] ?? entry.other;
}

/**
 * Return a text; numbers among its values are formatted as whole numbers.
 *
 * @param {Key} key
 * @param {Values} values
 */
export const t = (key, values = {}) =>
  template(key, values).replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === "number" ? whole.format(value) : value ?? all;
  });

/**
 * Return a text as a list of children, with nodes in place of the names in braces.
 *
 * @param {Key} key
 * @param {Record<string, Node>} nodes
 * @param {Values} values
 */
export const rich = (key, nodes, values = {}) =>
  t(key, values).split(/\{(\w+)\}/).map((part, index) => (index % 2 ? nodes[part] : part));

/**
 * Return the text of a key that may be missing, for example of a code that the service added later.
 *
 * @param {string} key
 * @param {string} otherwise
 */
export function maybe(key, otherwise) {
  const entry = texts[key];
  return typeof entry === "string" ? entry : otherwise;
}

/**
 * Compare two texts in the order of the language.
 *
 * @param {string} one
 * @param {string} two
 */
export const alphabetical = (one, two) => one.localeCompare(two, locale);

/**
 * Return the items as a sentence part: "a, b and c".
 *
 * @param {string[]} items
 */
export const listed = (items) => new Intl.ListFormat(locale, { type: "conjunction" }).format(items);
