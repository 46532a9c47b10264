/** HTTP client for the service. URLs are relative because the page does not know its mount point. */

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
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

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
    throw new ApiError("The service is not responding.");
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(`The service sent an invalid response (${response.status}).`, response.status);
  }
  if (!response.ok) throw new ApiError(body.error ?? `The request failed (${response.status}).`, response.status);
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
 * @returns {Promise<Reply<"POST", Address>>}
 */
export const post = (address, body = {}) =>
  ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

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
