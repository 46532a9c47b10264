/** Asking before something large is done, with what it will cost. */

import { get } from "./api.js";
import { byId, setText } from "./dom.js";
import { counted, roughly } from "./format.js";

/** Ask a question; the promise holds whether the reader agreed. Escape and "Cancel" mean no. */
export function confirmed({ title, text, action }) {
  const dialog = byId("ask");
  setText(byId("ask-title"), title);
  setText(byId("ask-text"), text);
  setText(byId("ask-yes"), action);
  dialog.showModal();
  byId("ask-no").focus();
  return new Promise((resolve) => {
    const end = (answer) => () => {
      agreed = answer;
      dialog.close();
    };
    let agreed = false;
    byId("ask-yes").onclick = end(true);
    byId("ask-no").onclick = end(false);
    dialog.onclose = () => resolve(agreed);
  });
}

/** Ask as above, with what it will cost to analyse so many tracks, by the service's own measurements; `does` says what is done. */
export async function askWithCost({ title, tracks, does, action }) {
  let cost = null;
  try {
    cost = await get("cost");
  } catch {
    // asked without an estimate then
  }
  const { tracks: all, audio_sec: audio, seconds } = cost?.everything ?? {};
  const parts = [does];
  if (!cost) parts.push("How long it takes is not known at the moment.");
  else if (seconds === null || !all) parts.push("Nothing has been measured yet, so how long it takes is not known.");
  else parts.push(`About ${hours((audio * tracks) / all)} of music; by the speed so far ${roughly((seconds * tracks) / all)} with ${counted(cost.workers, "worker")}.`);
  return confirmed({ title, text: parts.join(" "), action });
}

const hours = (seconds) => (seconds < 5400 ? counted(Math.round(seconds / 60), "minute") : counted(Math.round(seconds / 3600), "hour"));
