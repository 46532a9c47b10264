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

/**
 * Ask as above, with what it will cost by the service's own measurements.
 *
 * `part` is which of the estimates it is ("pending", "retry", "everything"), `does(tracks)` says what is done, `where`
 * limits it to a folder.
 */
export async function askWithCost({ title, part, does, action, where = "" }) {
  let cost = null;
  try {
    cost = await get("cost", { folder: where });
  } catch {
    // asked without an estimate then
  }
  const { tracks, audio_sec: audio, seconds } = cost?.[part] ?? {};
  const parts = [does(tracks ?? null)];
  if (!cost) parts.push("How long it takes is not known at the moment.");
  else if (seconds === null) parts.push("Nothing has been measured yet, so how long it takes is not known.");
  else if (tracks) parts.push(`About ${hours(audio)} of music; by the speed so far ${roughly(seconds)} with ${counted(cost.workers, "worker")}.`);
  return confirmed({ title, text: parts.join(" "), action });
}

const hours = (seconds) => (seconds < 5400 ? counted(Math.round(seconds / 60), "minute") : counted(Math.round(seconds / 3600), "hour"));
