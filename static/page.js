/** Entry point: the frame, and the events of the service for its views. */

import { showLink } from "./connection.js";
import { byId, setText } from "./dom.js";
import { roughly, setServerTime } from "./format.js";
import { startFrame, tell } from "./frame.js";
import { t } from "./i18n.js";
import { follow } from "./live.js";
import { FIRST } from "./registry.js";
import { parse } from "./router.js";

/** @typedef {import("./fingerprint.d.ts").Status} Status */
/** @typedef {import("./types.d.ts").LinkState} LinkState */

/** @type {Status | null} */
let last = null;
/** @type {LinkState} */
let link = "connecting";

/** @param {Status} status */
function onStatus(status) {
  last = status;
  setServerTime(status.updated_at);
  showLink(link, status.updated_at);
  setText(byId("about"), t("about", { version: status.version, algorithm: String(status.algorithm_version), time: roughly(status.uptime_sec) }));
  tell("status", status);
}

/**
 * @param {LinkState} state
 * @param {string} [sentence]
 */
function onLink(state, sentence) {
  const back = link === "lost" && state !== "lost";
  link = state;
  showLink(link, last?.updated_at, sentence);
  if (back) tell("reconnected", undefined);
}

for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-text]"))) {
  setText(node, t(/** @type {import("./i18n.js").Key} */ (node.dataset.text)));
}
// Another view does not need what index.html asks for, and the browser warns of an answer that is not used.
if (!["", FIRST].includes(parse(location.hash).view)) fetch(byId("newest-tracks").getAttribute("href") ?? "").catch(() => undefined);
byId("navigation").setAttribute("aria-label", t("nav.label"));
showLink("connecting");
startFrame();
follow({
  status: onStatus,
  result: (result) => tell("result", result),
  failure: (failure) => tell("failure", failure),
  tags: (tags) => tell("tags", tags),
  link: onLink,
  missed: () => tell("missed", undefined),
});
