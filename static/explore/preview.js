/** A short listen to a track from its middle, without the player bar. */

import { toast } from "../dom.js";
import { t } from "../i18n.js";

const FROM = 0.4; // where a listen begins, as a share of the track
const FADE_MS = 250;
const STEP_MS = 25;

/** @type {HTMLAudioElement | null} */
let audio = null;
/** @type {ReturnType<typeof setInterval> | null} */
let fading = null;
let refused = false; // the browser's refusal has been reported

/**
 * Listen to a track until `quiet` is called.
 *
 * @param {number} id
 */
export function listen(id) {
  end();
  dispatchEvent(new CustomEvent("preview", { detail: true })); // the player is silent meanwhile
  const current = new Audio(`files/${id}/audio`);
  audio = current;
  current.volume = 0;
  current.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(current.duration)) current.currentTime = FROM * current.duration;
  }, { once: true });
  current.play().then(() => audio === current && rise(current), (error) => refuse(error));
}

/** End a listen. */
export function quiet() {
  if (!audio) return;
  end();
  dispatchEvent(new CustomEvent("preview", { detail: false }));
}

function end() {
  if (!audio) return;
  if (fading !== null) clearInterval(fading);
  audio.pause();
  audio.removeAttribute("src");
  audio.load(); // ends the download
  audio = null;
}

/** @param {HTMLAudioElement} sound */
function rise(sound) {
  const step = STEP_MS / FADE_MS;
  fading = setInterval(() => {
    sound.volume = Math.min(1, sound.volume + step);
    if (sound.volume >= 1 && fading !== null) clearInterval(fading);
  }, STEP_MS);
}

/** @param {DOMException} error */
function refuse(error) {
  if (error.name !== "NotAllowedError" || refused) return;
  refused = true;
  toast(t("explore.listen.refused"));
}
