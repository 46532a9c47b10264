/** Sentences about the state of the service. */

import { timeOfDay } from "./format.js";
import { t } from "./i18n.js";

/** @typedef {import("./fingerprint.d.ts").Status} Status */

/**
 * The name of the state.
 *
 * @param {Status} status
 */
export const stateOf = ({ state }) => t(`state.${state}`);

/**
 * What the state means now: why nothing is analysed, and how much is left.
 *
 * @param {Status} status
 */
export function reasonOf({ state, until, counts }) {
  const waiting = counts.pending + counts.outdated;
  const left = waiting ? t("reason.queued", { count: waiting }) : t("reason.none");
  switch (state) {
    case "starting": return t("reason.starting");
    case "working": return t("reason.left", { count: waiting + counts.running });
    case "pausing": return `${t("reason.pausing")} ${left}`;
    case "paused": return `${left} ${t("reason.paused")}`;
    case "quiet_hours": return until ? `${t("reason.until", { time: timeOfDay(until, "short") })} ${left}` : left;
    case "waiting_for_playback": return `${t("reason.playback")} ${left}`;
    case "waiting_for_machine": return `${t("reason.machine")} ${left}`;
    case "offline": return `${t("reason.offline")} ${waiting ? left : ""}`.trim();
    default: return idle(counts);
  }
}

/** @param {Status["counts"]} counts */
function idle({ total, failed }) {
  if (!total) return t("reason.empty");
  return failed ? t("reason.failed", { count: failed }) : t("reason.done");
}
