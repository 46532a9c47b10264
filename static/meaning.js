/** Metadata of the 25 dimensions, and a verbal summary of a fingerprint. */

import { get } from "./api.js";
import { listed, maybe, t } from "./i18n.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {import("./i18n.js").Key} Key */

/** Families of dimensions in display order. */
export const FAMILIES = /** @type {const} */ (["frequency", "dynamics", "temporal", "spectral", "harmonic", "variation", "stereo"]);

/** @type {Promise<DimensionInfo[]> | null} */
let asked = null;

/** Return the dimensions as described by the service, with titles in the language of the reader; fetched once. */
export function dimensions() {
  asked ??= get("dimensions").then((body) => body.dimensions.map((one) => ({
    ...one, title: maybe(`dimension.${one.name}`, one.title), hears: maybe(`hears.${one.name}`, one.hears),
  })));
  asked.catch(() => {
    asked = null; // retry on the next call
  });
  return asked;
}

/**
 * Compare a value with its typical range: -1 below, 0 inside, 1 above.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 * @returns {-1 | 0 | 1}
 */
export const standing = ({ typical: [low, high] }, value) => (value < low ? -1 : value > high ? 1 : 0);

/**
 * Words for values below and above the typical range.
 *
 * @type {Partial<Record<DimensionName, [Key | null, Key | null]>>}
 */
const WORDS = {
  lufs: ["word.quiet", "word.loud"],
  crest_db: ["word.dense", "word.punchy"],
  bass_mid_ratio: ["word.light-bass", "word.heavy-bass"],
  rhythm_stability: ["word.free-rhythm", "word.strict-rhythm"],
  transient_density: ["word.calm", "word.busy"],
  silence_ratio: [null, "word.pauses"],
  spectral_centroid: ["word.dark", "word.bright"],
  spectral_flatness: [null, "word.noisy"],
  harmonic_ratio: ["word.percussive", "word.harmonic"],
  pitch_stability: [null, "word.pitch"],
  chroma_energy: ["word.many-classes", "word.few-classes"],
  loudness_variation_std: ["word.even", "word.varying"],
  stereo_width: ["word.narrow", "word.wide"],
};

/**
 * Return the word for values below (-1) or above (1) what is usual; null if there is none.
 *
 * @param {DimensionName} name
 * @param {-1 | 1} side
 */
export function standingWord(name, side) {
  const word = WORDS[name]?.[side < 0 ? 0 : 1];
  return word ? t(word) : null;
}

/**
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
function wordFor(dimension, value) {
  const [below, above] = WORDS[dimension.name] ?? [null, null];
  const side = standing(dimension, value);
  return side < 0 ? below : side > 0 ? above : null;
}

/**
 * Summarise the untypical dimensions of a track, for example "Bright, busy and wide." Silence is only called silent.
 *
 * @param {DimensionInfo[]} meaning
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
export function inWords(meaning, print, unknown) {
  if (unknown.includes("lufs")) return t("word.silent");
  const said = meaning.flatMap((one) => {
    const word = unknown.includes(one.name) ? null : wordFor(one, print[one.name]);
    return word ? [t(word)] : [];
  });
  if (!said.length) {
    const odd = meaning.some((one) => !unknown.includes(one.name) && standing(one, print[one.name]) !== 0);
    return t(odd ? "word.mostly-typical" : "word.typical");
  }
  const text = listed(said);
  return t("sentence", { text: `${text[0].toUpperCase()}${text.slice(1)}` });
}

/**
 * Return the median of each dimension over the files that define it, or null without any file.
 *
 * @param {DimensionInfo[]} meaning
 * @param {import("./fingerprint.d.ts").File[]} files
 * @returns {Fingerprint | null}
 */
export function medians(meaning, files) {
  if (!files.length) return null;
  return /** @type {Fingerprint} */ (Object.fromEntries(meaning.map(({ name, neutral }) => {
    const values = files.flatMap(({ fingerprint, metadata }) => (fingerprint && !metadata?.undefined.includes(name) ? [fingerprint[name]] : [])).sort((a, b) => a - b);
    return [name, values.length ? values[Math.floor(values.length / 2)] : neutral];
  })));
}
