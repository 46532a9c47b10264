/** HTTP client for the service. URLs are relative because the page does not know its mount point. */

import { maybe, t } from "./i18n.js";

/**
 * @template {string} Method
 * @template {string} Address
 * @typedef {import("./types.d.ts").Reply<Method, Address>} Reply
 */

const LIMIT_MS = 20_000;

/** A failed request; its message can be shown to the user. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status HTTP status, 0 without a response
   * @param {string} code name of the error in the API
   */
  constructor(message, status = 0, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Return the sentence for an error: the text of its code in the language of the reader, or that of the service.
 *
 * @param {Partial<import("./fingerprint.d.ts").ErrorAnswer>} body
 * @param {number} status
 */
export const sentenceOf = ({ code = "", error }, status) => maybe(`error.code.${code}`, error ?? t("error.failed", { status: String(status) }));

/**
 * Send a request and return the JSON of its response.
 *
 * @param {string} address
 * @param {RequestInit} options
 */
export async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(LIMIT_MS), credentials: "same-origin", ...options });
  } catch {
    throw new ApiError(t("error.unreachable"));
  }
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new ApiError(t("error.unreachable")); // it stopped in the middle
    throw new ApiError(t("error.invalid", { status: String(response.status) }), response.status);
  }
  if (!response.ok) throw new ApiError(sentenceOf(body, response.status), response.status, body.code);
  return body;
}

/**
 * Send a GET request; empty parameters are omitted.
 *
 * @template {string} Address
 * @param {Address} address
 * @param {Record<string, string | null | undefined>} parameters
 * @returns {Promise<Reply<"GET", Address>>}
 */
export function get(address, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  return ask(query.size ? `${address}?${query}` : address, {});
}

/**
 * Send a POST request with a JSON body.
 *
 * @template {string} Address
 * @param {Address} address
 * @param {object} body
 * @param {RequestInit} options
 * @returns {Promise<Reply<"POST", Address>>}
 */
export const post = (address, body = {}, options = {}) =>
  ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...options });

/**
 * The message of an error for the user.
 *
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Whether a request failed because the requested thing does not exist.
 *
 * @param {unknown} error
 */
export const isMissing = (error) => error instanceof ApiError && error.status === 404;
