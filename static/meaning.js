/** Metadata of the 25 dimensions, and a verbal summary of a fingerprint. */

import { get } from "./api.js";
import { listed, maybe, t } from "./i18n.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */
/** @typedef {import("./i18n.js").Key} Key */

/** Families of dimensions in display order. */
export const FAMILIES = /** @type {const} */ (["frequency", "dynamics", "temporal", "spectral", "harmonic", "variation", "stereo"]);

const MOST_WORDS = 4; // words of a summary

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
  tempo_bpm: ["word.slow", "word.fast"],
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
 * Return the distance of a value from its typical range, relative to the width of that range; 0 inside.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
const excess = ({ typical: [low, high] }, value) => Math.max(low - value, value - high, 0) / (high - low);

/**
 * Return the words of the most untypical dimensions, in the order of the dimensions.
 *
 * @param {DimensionInfo[]} known
 * @param {Fingerprint} print
 */
function wordsOf(known, print) {
  const found = known.flatMap((one, index) => {
    const side = standing(one, print[one.name]);
    const word = side === 0 ? null : standingWord(one.name, side);
    return word ? [{ word, index, excess: excess(one, print[one.name]) }] : [];
  });
  const chosen = found.sort((a, b) => b.excess - a.excess).slice(0, MOST_WORDS);
  return chosen.sort((a, b) => a.index - b.index).map(({ word }) => word);
}

/**
 * Summarise the untypical dimensions of a track, for example "Bright, busy and wide." Silence is only called silent.
 *
 * @param {DimensionInfo[]} meaning
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
export function inWords(meaning, print, unknown) {
  if (unknown.includes("lufs") || print.silence_ratio === 1) return t("word.silent");
  const known = meaning.filter((one) => !unknown.includes(one.name));
  const said = wordsOf(known, print);
  if (!said.length) {
    const odd = known.some((one) => standing(one, print[one.name]) !== 0);
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
