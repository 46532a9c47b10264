/** Confirmation dialogs, optionally with a cost estimate. */

import { get } from "./api.js";
import { byId, dialogById, setText } from "./dom.js";
import { counted, roughly } from "./format.js";

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
  const { tracks: all, audio_sec: audio, seconds } = cost?.everything ?? {};
  const parts = [does];
  if (!cost) parts.push("The duration cannot be estimated at the moment.");
  else if (!seconds || !audio || !all) parts.push("The duration cannot be estimated before the first analysis.");
  else parts.push(`About ${hours((audio * tracks) / all)} of music, estimated to take ${roughly((seconds * tracks) / all)} with ${counted(cost.workers, "worker")}.`);
  return confirmed({ title, text: parts.join(" "), action });
}

/** @param {number} seconds */
const hours = (seconds) => (seconds < 5400 ? counted(Math.round(seconds / 60), "minute") : counted(Math.round(seconds / 3600), "hour"));
