/** The state of the connection to the service, in the header. */

import { byId, setAttribute, setText } from "./dom.js";
import { timeOfDay } from "./format.js";
import { t } from "./i18n.js";

/** @typedef {import("./types.d.ts").LinkState} LinkState */

/**
 * Show the connection state and the age of the data.
 *
 * @param {LinkState} state
 * @param {number} [updatedAt] Unix seconds
 * @param {string} [sentence]
 */
export function showLink(state, updatedAt, sentence = "") {
  setAttribute(byId("connection"), "data-link", state);
  const name = t(`connection.${state}`);
  setText(byId("connection-text"), updatedAt ? t("connection.updated", { state: name, time: timeOfDay(updatedAt) }) : name);
  const lost = byId("lost");
  lost.hidden = state !== "lost";
  if (state === "lost") setText(lost, [sentence, updatedAt ? t("connection.old") : "", t("connection.again")].filter(Boolean).join(" "));
  document.body.classList.toggle("stale", state === "lost");
}
