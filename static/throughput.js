/** Chart of analysed tracks in the last hour or day. */

import { get } from "./api.js";
import { atMostEvery, byId, el, setAttribute, svg } from "./dom.js";
import { clock, count, counted, rate, serverNow, timeOfDay } from "./format.js";

/** @type {Record<string, {seconds: number, column: number, tick: number}>} */
const SPANS = { hour: { seconds: 3600, column: 60, tick: 900 }, day: { seconds: 86400, column: 900, tick: 14400 } };
const [HEIGHT, FLOOR] = [132, 108];
let width = 960; // width of the figure in pixels, so that text keeps its size

let span = "hour";
/** @type {import("./fingerprint.d.ts").ThroughputMinute[]} */
let minutes = [];

/** Reload the history, throttled. */
export const refreshThroughput = atMostEvery(10_000, load);

async function load() {
  try {
    minutes = (await get("throughput", { span })).minutes;
  } catch {
    return; // the connection notice reports it
  }
  draw();
}

/** Set up the hour/day switch. */
export function setUpThroughput() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-span]"));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      span = button.dataset.span ?? span;
      for (const one of buttons) setAttribute(one, "aria-pressed", one === button);
      load();
    });
  }
  new ResizeObserver(draw).observe(byId("throughput"));
  load();
}

function draw() {
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // scale the chart with the font size
  width = Math.round(byId("throughput").clientWidth / scale);
  if (!width) return; // the view is hidden
  const { seconds, column, tick } = SPANS[span];
  const end = Math.ceil(serverNow() / column) * column;
  const begin = end - seconds;
  const columns = gathered(begin, seconds / column, column);
  const most = niceTop(Math.max(...columns.map(({ tracks, failed }) => tracks + failed)) * (60 / column));
  const total = columns.reduce((sum, { tracks }) => sum + tracks, 0);
  const music = columns.reduce((sum, { audio }) => sum + audio, 0);
  const said = total
    ? `${counted(total, "track")}, ${clock(music)} of music, in the last ${span}`
    : `No files were analysed in the last ${span}.`;
  byId("throughput").replaceChildren(
    svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": said },
      levels(most), columns.map((one, index) => bar(one, index, columns.length, most * (column / 60))), ticks(begin, end, tick)),
    el("figcaption", {}, total ? `${counted(total, "track")} · ${clock(music)} of music` : said));
}

/**
 * @param {number} begin
 * @param {number} number
 * @param {number} length
 */
function gathered(begin, number, length) {
  const columns = Array.from({ length: number }, (_, index) => ({ at: begin + index * length, tracks: 0, failed: 0, audio: 0 }));
  for (const { at, tracks, failed, audio_sec: audio } of minutes) {
    const one = columns[Math.floor((at - begin) / length)];
    if (!one) continue;
    one.tracks += tracks;
    one.failed += failed;
    one.audio += audio;
  }
  return columns;
}

/**
 * Return the next of 1, 2, 5, 10 … at or above a rate.
 *
 * @param {number} value
 */
function niceTop(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/** @param {number} most */
const levels = (most) => [most, most / 2].map((level, index) => {
  const y = index === 0 ? 12 : 12 + (FLOOR - 12) / 2;
  return svg("g", {}, svg("line", { class: "axis", x1: 0, x2: width, y1: y, y2: y }),
    svg("text", { x: 0, y: y - 3 }, index ? rate(level) : `${rate(level)} ${level === 1 ? "track" : "tracks"} per minute`));
});

/**
 * @param {{at: number, tracks: number, failed: number, audio: number}} column
 * @param {number} index
 * @param {number} number
 * @param {number} most
 */
function bar({ at, tracks, failed, audio }, index, number, most) {
  const broad = width / number;
  const tall = (/** @type {number} */ value) => (value ? Math.max(2, ((FLOOR - 12) * value) / most) : 0);
  const [good, bad] = [tall(tracks), tall(failed)];
  const where = { x: (index + 0.12) * broad, width: 0.76 * broad, rx: Math.min(2, broad / 5) };
  return svg("g", {},
    svg("title", {}, `${timeOfDay(at)}: ${counted(tracks, "track")}, ${clock(audio)} of music${failed ? `, ${count(failed)} failed` : ""}`),
    svg("rect", { class: "hit", x: index * broad, y: 12, width: broad, height: FLOOR - 12 }),
    svg("rect", { class: "done", ...where, y: FLOOR - good, height: good }),
    bad > 0 && svg("rect", { class: "failed", ...where, y: FLOOR - good - bad, height: bad }));
}

/**
 * @param {number} begin
 * @param {number} end
 * @param {number} step
 */
function ticks(begin, end, step) {
  const marks = [svg("line", { class: "axis", x1: 0, x2: width, y1: FLOOR + 0.5, y2: FLOOR + 0.5 })];
  const offset = new Date(begin * 1000).getTimezoneOffset() * 60; // align ticks with full hours of local time
  let drawn = -Infinity;
  for (let at = Math.ceil((begin - offset) / step) * step + offset; at < end; at += step) {
    const x = (width * (at - begin)) / (end - begin);
    if (x > width - 24 || x - drawn < 56) continue;
    drawn = x;
    marks.push(svg("text", { x, y: HEIGHT - 6, "text-anchor": x < 20 ? "start" : "middle" }, timeOfDay(at, "short")));
  }
  return marks;
}
