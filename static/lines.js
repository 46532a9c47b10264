/** Requests whose response arrives as JSON lines. */

import { ApiError, sentenceOf } from "./api.js";
import { t } from "./i18n.js";

const IDLE_MS = 20_000; // the longest wait for a part of the response; the whole may take longer

/**
 * Send a GET request and yield the lines of the response as they arrive.
 *
 * @template {string} Address
 * @param {Address} address
 * @param {Record<string, string>} parameters
 * @returns {AsyncGenerator<import("./types.d.ts").Reply<"GET", Address>, void, void>}
 */
export async function* lines(address, parameters = {}) {
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), IDLE_MS);
  try {
    const query = new URLSearchParams(parameters);
    const response = await fetch(query.size ? `${address}?${query}` : address, { signal: idle.signal, credentials: "same-origin" });
    if (!response.ok || !response.body) throw new ApiError(sentenceOf(await response.json(), response.status), response.status);
    const reader = response.body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), IDLE_MS);
      const complete = (rest + part.value).split("\n");
      rest = complete.pop() ?? "";
      for (const line of complete) yield JSON.parse(line);
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(t("error.unreachable"));
  } finally {
    clearTimeout(timer);
    idle.abort();
  }
}
