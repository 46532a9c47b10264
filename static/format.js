/** Locale-aware formatting of numbers, times and names. */

import { locale, t } from "./i18n.js";

/** @typedef {import("./fingerprint.d.ts").DimensionInfo} DimensionInfo */

/** @param {Intl.NumberFormatOptions} options */
const digits = (options) => new Intl.NumberFormat(locale, options);
const WHOLE = digits({ maximumFractionDigits: 0 });
const ONE = digits({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PERCENT = digits({ style: "percent", maximumFractionDigits: 0 });
const SHORT = digits({ maximumSignificantDigits: 2 });
const UP_TO = [0, 1, 2, 3].map((most) => digits({ minimumFractionDigits: most, maximumFractionDigits: most }));
const CLOCK = { medium: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }), short: new Intl.DateTimeFormat(locale, { timeStyle: "short" }) };
const WEEKDAY = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const DAY = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
/** @type {Record<string, number>} */
const DECIMALS = { "%": 1, Hz: 0, LUFS: 1, LU: 1, dB: 1, BPM: 1 };

/** Offset of the server clock in seconds. */
let ahead = 0;

/**
 * Set the server time (Unix seconds).
 *
 * @param {number} seconds
 */
export const setServerTime = (seconds) => {
  ahead = seconds - Date.now() / 1000;
};

/** Return the current server time in Unix seconds. */
export const serverNow = () => Date.now() / 1000 + ahead;

/** Control characters, bidirectional overrides and lone surrogates. */
const UNSHOWABLE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Replace characters that must not be displayed with U+FFFD.
 *
 * @param {string} text
 */
export const clean = (text) => String(text).replace(UNSHOWABLE, "\ufffd");

/**
 * Return the last component of a path.
 *
 * @param {string} path
 */
export const nameOf = (path) => clean(path).split(/[/\\]/).at(-1) ?? "";

/**
 * Return a path without its last component.
 *
 * @param {string} path
 */
export const folderOf = (path) => clean(path).replace(/[/\\][^/\\]*$/, "");

/** @param {number} number */
export const count = (number) => WHOLE.format(number);
/** @param {number} number */
export const decimal = (number) => ONE.format(number);

/**
 * Format a percentage, rounded down so that 100 % means complete.
 *
 * @param {number} number
 */
export const percent = (number) => PERCENT.format(Math.floor(number) / 100);

/**
 * Format a rate with two significant digits below 100.
 *
 * @param {number} number
 */
export const rate = (number) => (number < 100 ? SHORT.format(number) : WHOLE.format(number));

/**
 * Format a duration as 3:05 or 1:02:03.
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${tail}` : tail;
}

/**
 * Format a duration in words with one unit.
 *
 * @param {number} seconds
 */
export function roughly(seconds) {
  if (seconds < 60) return t("time.moment");
  if (seconds < 5400) return t("time.minutes", { count: Math.round(seconds / 60) });
  if (seconds < 129600) return t("time.hours", { count: Math.round(seconds / 3600) });
  return t("time.days", { count: Math.round(seconds / 86400) });
}

/**
 * Format Unix seconds as a time of day.
 *
 * @param {number} seconds
 * @param {"medium" | "short"} style
 */
export const timeOfDay = (seconds, style = "medium") => CLOCK[style].format(seconds * 1000);

/**
 * Format Unix seconds as date and time.
 *
 * @param {number} seconds
 */
export const moment = (seconds) => DAY.format(seconds * 1000);

/**
 * Format Unix seconds as a day of the last weeks: "Sat, 28 Nov".
 *
 * @param {number} seconds
 */
export const dayOf = (seconds) => WEEKDAY.format(seconds * 1000);

/**
 * Format Unix seconds as a date.
 *
 * @param {number} seconds
 */
export const date = (seconds) => DATE.format(seconds * 1000);

/**
 * Format Unix seconds relative to now: "2 minutes ago", "in 3 hours".
 *
 * @param {number} seconds
 */
export function fromNow(seconds) {
  const distance = seconds - serverNow();
  const size = Math.abs(distance);
  if (size < 5) return t("time.now");
  if (size < 60) return RELATIVE.format(Math.round(distance), "second");
  if (size < 3600) return RELATIVE.format(Math.round(distance / 60), "minute");
  if (size < 86400) return RELATIVE.format(Math.round(distance / 3600), "hour");
  return RELATIVE.format(Math.round(distance / 86400), "day");
}

/**
 * Format a number of bytes.
 *
 * @param {number} number
 */
export function bytes(number) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, number)) / 3));
  /** @type {Intl.NumberFormatOptions} */
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 };
  return digits(options).format(number / 1000 ** step);
}

/**
 * Return the unit written after a value; ratios have none.
 *
 * @param {DimensionInfo} dimension
 */
export const unitOf = (dimension) => (dimension.unit in DECIMALS ? dimension.unit : "");

/**
 * Format a value without its unit.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
export const valueOf = (dimension, value) => UP_TO[DECIMALS[dimension.unit] ?? 3].format(value);

/**
 * Format a value with its unit.
 *
 * @param {DimensionInfo} dimension
 * @param {number} value
 */
export const measured = (dimension, value) => `${valueOf(dimension, value)}\u202f${unitOf(dimension)}`.trim();
