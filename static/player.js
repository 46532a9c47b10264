/** The player bar: one audio element, the list it plays, and what plays is reported to the service. */

import { messageOf, post } from "./api.js";
import { byId, el, reconcile, setAttribute, setText, toast, within } from "./dom.js";
import { clock } from "./format.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { address } from "./router.js";

/** @typedef {import("./types.d.ts").Playable} Playable */

const REPORT_MS = 20 * 60_000; // the service forgets after an hour that music plays
const SETTLED_MS = 400; // a pause shorter than this is not reported
const VOLUME = "auralis-volume";
const RESTART_SEC = 3; // "previous" goes back to the beginning after this time

/** @type {Playable[]} */
let list = [];
let at = -1;
let failed = 0; // tracks in a row that could not be played
let reported = false;
/** @type {Promise<void>} */
let said = Promise.resolve(); // the latest report
/** @type {ReturnType<typeof setTimeout>} */
let settling;

const audio = new Audio();
audio.preload = "auto";
audio.volume = Number(localStorage.getItem(VOLUME) ?? 1);

const button = (/** @type {string} */ id, /** @type {string} */ label, /** @type {Parameters<typeof icon>[0]} */ sign, /** @type {() => void} */ onclick) =>
  el("button", { type: "button", id, "aria-label": label, title: label, onclick }, icon(sign));
const parts = {
  picture: el("span", { class: "art" }),
  title: el("a", { class: "name" }, el("bdi")),
  by: el("bdi", { class: "path" }),
  back: button("player-back", t("player.back"), "back", () => previous()),
  toggle: button("player-toggle", t("player.play"), "play", () => (audio.paused ? audio.play() : audio.pause())),
  next: button("player-next", t("player.next"), "next", () => go(at + 1)),
  seek: el("input", { type: "range", id: "player-seek", min: 0, max: 1, step: 1, value: 0, "aria-label": t("player.position"), oninput: () => seek() }),
  time: el("span", { class: "time" }),
  volume: el("input", { type: "range", id: "player-volume", min: 0, max: 100, step: 1, value: Math.round(100 * audio.volume), "aria-label": t("player.volume"), oninput: () => turn() }),
  queue: el("ol", { class: "plain", id: "player-list", "aria-label": t("player.list") }),
};
const queue = el("details", { class: "upcoming" }, el("summary", { "aria-label": t("player.list"), title: t("player.list") }, icon("list")), parts.queue);
const bar = byId("player");
bar.setAttribute("aria-label", t("player.label"));
bar.replaceChildren(
  parts.picture, el("span", { class: "what" }, parts.title, parts.by),
  el("span", { class: "controls" }, parts.back, parts.toggle, parts.next),
  el("span", { class: "position" }, parts.seek, parts.time),
  el("label", { class: "volume" }, icon("volume"), parts.volume), queue,
  button("player-close", t("player.close"), "close", () => close()));

/**
 * Play a list of tracks from a position on.
 *
 * @param {Playable[]} tracks
 * @param {number} start
 */
export function play(tracks, start = 0) {
  if (!tracks.length) return toast(t("player.empty"));
  list = [...tracks];
  failed = 0;
  go(Math.max(0, start));
}

/**
 * Put tracks after the one that plays; they start if none does.
 *
 * @param {Playable[]} tracks
 */
export function playNext(tracks) {
  if (at < 0) return play(tracks);
  list.splice(at + 1, 0, ...tracks);
  toast(t("player.queued", { count: tracks.length }));
  showList();
}

/** Play the track at a position of the list; beyond the end the player stops. @param {number} index */
function go(index) {
  if (index < 0 || index >= list.length) return audio.pause();
  at = index;
  const track = list[at];
  bar.hidden = false;
  document.body.classList.add("listening");
  setText(within(parts.title, "bdi"), track.title);
  setAttribute(parts.title, "href", address("track", [track.id]));
  setText(parts.by, track.by);
  parts.picture.replaceChildren(...(track.cover ? [picture(track)] : []));
  parts.back.disabled = false;
  parts.next.disabled = at + 1 >= list.length;
  audio.src = `files/${track.id}/audio`;
  announce(track);
  showList();
  audio.play().catch((error) => error.name === "NotAllowedError" && toast(messageOf(error), "bad")); // other errors have their own event
}

/** @param {Playable} track */
function picture(track) {
  /** @type {HTMLImageElement} */
  const image = el("img", { class: "cover", src: `files/${track.id}/cover`, alt: "", onerror: () => image.remove() });
  return image;
}

function previous() {
  if (audio.currentTime > RESTART_SEC || at === 0) audio.currentTime = 0;
  else go(at - 1);
}

function seek() {
  audio.currentTime = Number(parts.seek.value);
}

function turn() {
  audio.volume = Number(parts.volume.value) / 100;
  localStorage.setItem(VOLUME, String(audio.volume));
}

function close() {
  audio.pause();
  audio.removeAttribute("src");
  audio.load(); // ends the download, and drops the event of the pause
  drawState();
  list = [];
  at = -1;
  bar.hidden = true;
  document.body.classList.remove("listening");
  byId("main").focus({ preventScroll: true });
}

/** Show the list, with buttons to jump to a track and to remove it. */
function showList() {
  reconcile(parts.queue, list.map((track, index) => ({ track, index })), ({ track, index }) => `${track.id}/${index}`, ({ track, index }) => el("li", { class: "line" },
    el("button", { type: "button", class: "jump", onclick: () => go(index) }, el("bdi", {}, track.title)),
    el("button", { type: "button", class: "quiet", "aria-label": t("player.remove", { name: track.title }), onclick: () => remove(index) }, icon("close"))),
  (node, { index }) => setAttribute(node, "aria-current", index === at ? "true" : null));
}

/** @param {number} index */
function remove(index) {
  list.splice(index, 1);
  if (index === at) {
    at -= 1;
    if (list.length > index) go(index);
    else close();
  } else if (index < at) at -= 1;
  parts.next.disabled = at + 1 >= list.length;
  showList();
}

/** Show the track in the media controls of the system. @param {Playable} track */
function announce(track) {
  if (!("mediaSession" in navigator)) return;
  const artwork = track.cover ? [{ src: `files/${track.id}/cover` }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title: track.title, artist: track.by, artwork });
}

function drawTime() {
  const { currentTime: now, duration: whole } = audio;
  const known = Number.isFinite(whole);
  parts.seek.max = String(known ? Math.floor(whole) : 1);
  parts.seek.disabled = !known;
  if (document.activeElement !== parts.seek || !parts.seek.matches(":active")) parts.seek.value = String(Math.floor(now));
  const said = known ? t("player.time", { now: clock(now), whole: clock(whole) }) : clock(now);
  setText(parts.time, said);
  setAttribute(parts.seek, "aria-valuetext", said);
}

function drawState() {
  const label = t(audio.paused ? "player.play" : "player.pause");
  setAttribute(parts.toggle, "aria-label", label);
  setAttribute(parts.toggle, "title", label);
  parts.toggle.replaceChildren(icon(audio.paused ? "play" : "pause"));
  report(!audio.paused);
}

/**
 * Tell the service whether music plays, so that it does not analyse meanwhile. Between two tracks nothing is said, and one
 * request follows the other. An error is not shown: playing goes on.
 *
 * @param {boolean} playing
 */
function report(playing) {
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (playing !== reported) said = said.then(() => post("playing", { playing }, { keepalive: true })).then(() => undefined, () => undefined);
    reported = playing;
  }, SETTLED_MS);
}

let held = false; // paused for a short listen elsewhere on the page

/**
 * Pause while another part of the page plays a short listen, and go on after it.
 *
 * @param {Event} event
 */
function giveWay(event) {
  const listening = /** @type {CustomEvent<boolean>} */ (event).detail;
  if (listening && !audio.paused) {
    held = true;
    audio.pause();
  } else if (!listening && held) {
    held = false;
    audio.play().catch(() => undefined); // an error has its own event
  }
}

/** Say why a track cannot be played and go on with the next one. */
async function skipFailed() {
  if (at < 0 || !audio.getAttribute("src")) return;
  const track = list[at];
  toast(t("player.failed", { name: track.title, reason: await reasonOf(track) }), "bad");
  failed += 1;
  if (failed < Math.min(3, list.length)) go(at + 1);
  else audio.pause();
}

/**
 * The service's sentence for a track that cannot be played, or that the browser does not decode it.
 *
 * @param {Playable} track
 */
async function reasonOf({ id }) {
  try {
    const response = await fetch(`files/${id}/audio`, { headers: { Range: "bytes=0-0" } });
    return response.ok ? t("player.unsupported") : (await response.json()).error;
  } catch {
    return t("error.unreachable");
  }
}

audio.addEventListener("timeupdate", drawTime);
audio.addEventListener("durationchange", drawTime);
audio.addEventListener("play", drawState);
audio.addEventListener("pause", drawState);
audio.addEventListener("playing", () => {
  failed = 0;
});
audio.addEventListener("ended", () => (at + 1 < list.length ? go(at + 1) : drawState()));
audio.addEventListener("error", skipFailed);
setInterval(() => {
  if (!audio.paused) post("playing", { playing: true }).catch(() => undefined);
}, REPORT_MS);
document.addEventListener("click", (event) => {
  if (event.target instanceof Node && event.target.isConnected && !queue.contains(event.target)) queue.open = false;
});
queue.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !queue.open) return;
  event.preventDefault(); // Escape also leaves a track
  queue.open = false;
  within(queue, "summary").focus();
});
addEventListener("pagehide", () => {
  if (reported) post("playing", { playing: false }, { keepalive: true }).catch(() => undefined);
  reported = false;
});
addEventListener("pageshow", () => report(!audio.paused));
if ("mediaSession" in navigator) {
  navigator.mediaSession.setActionHandler("previoustrack", previous);
  navigator.mediaSession.setActionHandler("nexttrack", () => go(at + 1));
}
addEventListener("preview", giveWay);
