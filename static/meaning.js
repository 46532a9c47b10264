/** Metadata of the 25 dimensions, and a verbal summary of a fingerprint. */

import { get } from "./api.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */
/** @typedef {import("./fingerprint.d.ts").Fingerprint} Fingerprint */
/** @typedef {import("./types.d.ts").DimensionName} DimensionName */

/** @type {Promise<DimensionInfo[]> | null} */
let asked = null;

/** Return the dimensions as described by the service; fetched once. */
export function dimensions() {
  asked ??= get("dimensions").then((body) => body.dimensions);
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
 * @type {Partial<Record<DimensionName, [string | null, string | null]>>}
 */
const WORDS = {
  lufs: ["quiet", "loud"],
  crest_db: ["dense", "punchy"],
  bass_mid_ratio: ["light bass", "heavy bass"],
  rhythm_stability: ["free rhythm", "strict rhythm"],
  transient_density: ["calm", "busy"],
  silence_ratio: [null, "many pauses"],
  spectral_centroid: ["dark", "bright"],
  spectral_flatness: [null, "noisy"],
  harmonic_ratio: ["percussive", "harmonic"],
  pitch_stability: [null, "clear pitch"],
  chroma_energy: ["many pitch classes", "few pitch classes"],
  loudness_variation_std: ["even loudness", "varying loudness"],
  stereo_width: ["narrow", "wide"],
  phase_correlation: ["out of phase", null],
};

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
 * Summarise the untypical dimensions of a track, for example "Bright, busy, wide."
 *
 * @param {DimensionInfo[]} meaning
 * @param {Fingerprint} print
 * @param {DimensionName[]} unknown
 */
export function inWords(meaning, print, unknown) {
  const said = meaning.flatMap((one) => {
    const word = unknown.includes(one.name) ? null : wordFor(one, print[one.name]);
    return word ?? [];
  });
  if (!said.length) return "Typical in every dimension.";
  const text = said.join(", ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
