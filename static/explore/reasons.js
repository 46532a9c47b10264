/** Reasons for similarity in the language of the reader. */

import { decimal, count } from "../format.js";
import { listed, t } from "../i18n.js";

/** @typedef {import("../fingerprint.d.ts").Fact} Fact */

/** Units of the amounts of differences. @type {Partial<Record<Fact["dimension"], import("../i18n.js").Key>>} */
const AMOUNTS = {
  tempo_bpm: "fact.amount.percent",
  lufs: "fact.amount.lu",
  spectral_centroid: "fact.amount.hertz",
  transient_density: "fact.amount.onsets",
  crest_db: "fact.amount.decibel",
  bass_mid_ratio: "fact.amount.decibel",
  loudness_variation_std: "fact.amount.lu",
};
const WHOLE = new Set(["tempo_bpm", "spectral_centroid"]);

/**
 * Say what two tracks have in common and what differs, for example "same tempo and loudness, brighter by 900 Hz".
 *
 * @param {Fact[]} facts
 */
export function inReasons(facts) {
  const same = facts.filter(({ comparison }) => comparison === "same").map(({ dimension }) => t(/** @type {any} */ (`same.${dimension}`)));
  const different = facts.filter(({ comparison }) => comparison !== "same").map(difference);
  return [...(same.length ? [t("same", { what: listed(same) })] : []), ...different].join(", ");
}

/** @param {Fact} fact */
function difference({ dimension, comparison, amount }) {
  const word = t(/** @type {any} */ (`${comparison}.${dimension}`));
  const unit = AMOUNTS[dimension];
  if (amount === null || !unit) return word;
  return t("fact.by", { word, amount: t(unit, { amount: WHOLE.has(dimension) ? count(amount) : decimal(amount) }) });
}
