/** What the 25 numbers mean: the table of the service, and a few plain words made of it. */

import { get } from "./api.js";

let asked = null;

/** The 25 dimensions as the service describes them, fetched once. */
export function dimensions() {
  asked ??= get("dimensions").then((body) => body.dimensions);
  asked.catch(() => {
    asked = null; // asked again the next time
  });
  return asked;
}

/** Where a value lies beside what is usual: -1 below, 0 inside, 1 above. */
export const standing = ({ typical: [low, high] }, value) => (value < low ? -1 : value > high ? 1 : 0);

/** What one says of a track whose number is below or above what is usual. */
const WORDS = {
  lufs: ["quiet", "loud"],
  crest_db: ["dense", "punchy"],
  bass_mid_ratio: ["light in the bass", "heavy in the bass"],
  rhythm_stability: ["free in time", "strict in time"],
  transient_density: ["calm", "busy"],
  silence_ratio: [null, "full of pauses"],
  spectral_centroid: ["dark", "bright"],
  spectral_flatness: [null, "noisy"],
  harmonic_ratio: ["percussive", "made of held notes"],
  pitch_stability: [null, "one clear voice"],
  chroma_energy: ["many pitches at once", "few pitches"],
  loudness_variation_std: ["even in loudness", "moving in loudness"],
  stereo_width: ["narrow", "wide"],
  phase_correlation: ["out of phase", null],
};

/** A track in a few words, such as "bright, busy, wide"; the words are those for what is unusual about it. */
export function inWords(meaning, print, unknown) {
  const said = meaning.flatMap((one) => {
    const word = unknown.includes(one.name) ? null : WORDS[one.name]?.[{ "-1": 0, 1: 1 }[standing(one, print[one.name])]];
    return word ?? [];
  });
  if (!said.length) return "Usual in every respect.";
  const text = said.join(", ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
