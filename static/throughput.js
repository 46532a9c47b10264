/** Chart of analysed tracks in the last hour, day or month. */

import { get } from "./api.js";
import { atMostEvery, el, setAttribute, svg } from "./dom.js";
import { clock, dayOf, rate, serverNow, timeOfDay } from "./format.js";
import { t } from "./i18n.js";

/** @typedef {import("./fingerprint.d.ts").ThroughputMinute} ThroughputMinute */
/** @typedef {{at: number, tracks: number, failed: number, audio: number}} Column */
/** @typedef {keyof typeof SPANS} Span */

const SPANS = {
  hour: { seconds: 3600, column: 60, tick: 900, unit: 60, name: timeOfDay },
  day: { seconds: 86400, column: 900, tick: 14400, unit: 60, name: timeOfDay },
  month: { seconds: 30 * 86400, column: 86400, tick: 86400, unit: 86400, name: dayOf },
};
/** @type {Span} */
const USUAL = "hour";
const DAYS = 14; // listed below the chart of a month
const [HEIGHT, FLOOR] = [132, 108];
const GRAPH_MS = 30_000;

/**
 * Create the chart with its switch; `show(name)` shows a span of the address, `refresh()` reloads the history, throttled.
 *
 * @param {import("./types.d.ts").Page} page
 */
export function throughputPanel(page) {
  /** @type {Span} */
  let span = USUAL;
  /** @type {ThroughputMinute[]} */
  let minutes = [];
  const figure = el("figure", { class: "throughput", id: "throughput" });
  const buttons = /** @type {Span[]} */ (Object.keys(SPANS)).map((name) =>
    el("button", { type: "button", class: "quiet", "data-span": name, "aria-pressed": String(name === span), onclick: () => choose(name) }, t(`span.${name}`)));
  const node = el("section", { class: "card", "aria-labelledby": "throughput-title" },
    el("div", { class: "heading" }, el("h2", { id: "throughput-title" }, t("throughput.title")),
      el("div", { class: "choice", role: "group", "aria-label": t("span.label") }, buttons)), figure);

  async function load() {
    try {
      ({ minutes } = await get("throughput", { span }));
    } catch {
      return; // the connection notice reports it
    }
    draw();
  }

  /** @param {Span} name */
  function choose(name) {
    page.keep([], { span: name === USUAL ? "" : name });
    open(name);
  }

  /** @param {Span} name */
  function open(name) {
    span = name;
    for (const one of buttons) setAttribute(one, "aria-pressed", String(one.dataset.span === name));
    load();
  }

  const draw = () => drawChart(figure, span, minutes);
  const observer = new ResizeObserver(draw);
  observer.observe(figure);
  const timer = setInterval(() => page.visible && !document.hidden && load(), GRAPH_MS);
  page.signal.addEventListener("abort", () => {
    observer.disconnect();
    clearInterval(timer);
  });
  load();
  return {
    node,
    show: (/** @type {string} */ name = USUAL) => name !== span && Object.hasOwn(SPANS, name) && open(/** @type {Span} */ (name)),
    refresh: atMostEvery(10_000, load),
  };
}

/**
 * @param {HTMLElement} figure
 * @param {Span} span
 * @param {ThroughputMinute[]} minutes
 */
function drawChart(figure, span, minutes) {
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // scale the chart with the font size
  const width = Math.round(figure.clientWidth / scale); // in pixels, so that text keeps its size
  if (!width) return; // the view is hidden
  const { seconds, column, tick, unit, name } = SPANS[span];
  const offset = new Date(serverNow() * 1000).getTimezoneOffset() * 60; // days begin at local midnight
  const end = Math.ceil((serverNow() - offset) / column) * column + offset;
  const begin = end - seconds;
  const columns = gathered(minutes, begin, seconds / column, column);
  const most = niceTop(Math.max(...columns.map(({ tracks, failed }) => tracks + failed)) * (unit / column));
  const total = columns.reduce((sum, { tracks }) => sum + tracks, 0);
  const music = columns.reduce((sum, { audio }) => sum + audio, 0);
  const said = total ? t("throughput.sum", { count: total, length: clock(music) }) : t(`throughput.none-${span}`);
  figure.replaceChildren(
    svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": said },
      levels(most, width, unit), columns.map((one, index) => bar(one, index, width / columns.length, most * (column / unit), name)), ticks(begin, end, tick, width, name)),
    el("figcaption", {}, said), ...(span === "month" ? [dayList(columns)] : []));
}

/**
 * List the days with work, newest first.
 *
 * @param {Column[]} columns
 */
function dayList(columns) {
  const worked = columns.filter(({ tracks, failed }) => tracks || failed).reverse().slice(0, DAYS);
  return el("ol", { class: "plain days" }, worked.map((one) => el("li", { class: "line" }, el("span", {}, dayOf(one.at)), el("span", {}, summary(one)))));
}

/** @param {Column} column */
const summary = ({ tracks, failed, audio }) =>
  [t("throughput.sum", { count: tracks, length: clock(audio) }), failed > 0 && t("badge.failed", { count: failed })].filter(Boolean).join(", ");

/**
 * @param {ThroughputMinute[]} minutes
 * @param {number} begin
 * @param {number} number
 * @param {number} length
 */
function gathered(minutes, begin, number, length) {
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

/**
 * @param {number} most
 * @param {number} width
 * @param {number} unit
 */
const levels = (most, width, unit) => [most, most / 2].map((level, index) => {
  const y = index === 0 ? 12 : 12 + (FLOOR - 12) / 2;
  return svg("g", {}, svg("line", { class: "axis", x1: 0, x2: width, y1: y, y2: y }),
    svg("text", { x: 0, y: y - 3 }, index ? rate(level) : t(unit === 60 ? "throughput.per-minute" : "throughput.per-day", { rate: rate(level) })));
});

/**
 * @param {Column} column
 * @param {number} index
 * @param {number} broad
 * @param {number} most
 * @param {(seconds: number, style?: "short") => string} name
 */
function bar(column, index, broad, most, name) {
  const { at, tracks, failed } = column;
  const tall = (/** @type {number} */ value) => (value ? Math.max(2, ((FLOOR - 12) * value) / most) : 0);
  const [good, bad] = [tall(tracks), tall(failed)];
  const where = { x: (index + 0.12) * broad, width: 0.76 * broad, rx: Math.min(2, broad / 5) };
  return svg("g", {},
    svg("title", {}, `${name(at, "short")}: ${summary(column)}`),
    svg("rect", { class: "hit", x: index * broad, y: 12, width: broad, height: FLOOR - 12 }),
    good > 0 && svg("rect", { class: "done", ...where, y: FLOOR - good, height: good }),
    bad > 0 && svg("rect", { class: "failed", ...where, y: FLOOR - good - bad, height: bad }));
}

/**
 * @param {number} begin
 * @param {number} end
 * @param {number} step
 * @param {number} width
 * @param {(seconds: number, style?: "short") => string} name
 */
function ticks(begin, end, step, width, name) {
  const marks = [svg("line", { class: "axis", x1: 0, x2: width, y1: FLOOR + 0.5, y2: FLOOR + 0.5 })];
  const offset = new Date(begin * 1000).getTimezoneOffset() * 60; // align ticks with full hours of local time
  let drawn = -Infinity;
  for (let at = Math.ceil((begin - offset) / step) * step + offset; at < end; at += step) {
    const x = (width * (at - begin)) / (end - begin);
    if (x > width - 24 || x - drawn < 56) continue;
    drawn = x;
    marks.push(svg("text", { x, y: HEIGHT - 6, "text-anchor": x < 20 ? "start" : "middle" }, name(at, "short")));
  }
  return marks;
}
