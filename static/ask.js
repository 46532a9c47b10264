/** Confirmation dialogs, optionally with a cost estimate. */

import { get } from "./api.js";
import { byId, dialogById, setText } from "./dom.js";
import { roughly } from "./format.js";
import { t } from "./i18n.js";

/**
 * Ask for confirmation. Resolves to true if the user agreed; Escape and "Cancel" resolve to false.
 *
 * @param {{title: string, text: string, action: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, action }) {
  const dialog = dialogById("ask");
  setText(byId("ask-title"), title);
  setText(byId("ask-text"), text);
  setText(byId("ask-yes"), action);
  dialog.showModal();
  byId("ask-no").focus();
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ answer) => () => {
      agreed = answer;
      dialog.close();
    };
    let agreed = false;
    byId("ask-yes").onclick = end(true);
    byId("ask-no").onclick = end(false);
    dialog.onclose = () => resolve(agreed);
  });
}

/**
 * Ask for confirmation with the estimated cost of analysing `tracks` files; `does` describes the action.
 *
 * @param {{title: string, tracks: number, does: string, action: string}} question
 */
export async function askWithCost({ title, tracks, does, action }) {
  let cost = null;
  try {
    cost = await get("cost");
  } catch {
    // the dialog works without an estimate
  }
  return confirmed({ title, text: `${does} ${estimate(cost, tracks)}`, action });
}

/**
 * @param {import("./fingerprint.d.ts").CostAnswer | null} cost
 * @param {number} tracks
 */
function estimate(cost, tracks) {
  if (!cost) return t("cost.unavailable");
  const { tracks: all, audio_sec: audio, seconds } = cost.everything;
  if (!seconds || !audio || !all) return t("cost.unmeasured");
  const workers = t("count.workers", { count: cost.workers });
  return t("cost.estimate", { music: hours((audio * tracks) / all), time: roughly((seconds * tracks) / all), workers });
}

/** @param {number} seconds */
const hours = (seconds) => (seconds < 5400 ? t("time.minutes", { count: Math.round(seconds / 60) }) : t("time.hours", { count: Math.round(seconds / 3600) }));
