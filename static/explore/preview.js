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
  quiet();
  const current = new Audio(`files/${id}/audio`);
  audio = current;
  current.volume = 0;
  current.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(current.duration)) current.currentTime = FROM * current.duration;
  }, { once: true });
  current.play().then(() => audio === current && fade(current, 1), (error) => refuse(error));
}

/** End a listen. */
export function quiet() {
  if (!audio) return;
  const ended = audio;
  audio = null;
  fade(ended, 0);
}

/**
 * @param {HTMLAudioElement} sound
 * @param {number} goal
 */
function fade(sound, goal) {
  if (fading !== null) clearInterval(fading);
  if (goal === 0) {
    sound.pause();
    sound.removeAttribute("src");
    sound.load(); // ends the download
    return;
  }
  const step = STEP_MS / FADE_MS;
  fading = setInterval(() => {
    sound.volume = Math.min(goal, sound.volume + step);
    if (sound.volume >= goal && fading !== null) clearInterval(fading);
  }, STEP_MS);
}

/** @param {DOMException} error */
function refuse(error) {
  if (error.name !== "NotAllowedError" || refused) return;
  refused = true;
  toast(t("explore.listen.refused"));
}
