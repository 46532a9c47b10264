/** Live updates: an event stream, with polling as the fallback. */

import { get, messageOf } from "./api.js";

/** @typedef {import("./fingerprint.d.ts").Events} Events */
/** @typedef {"status" | "result" | "failure" | "tags"} Followed the events that the page uses */

const POLL_MS = 5_000;
const QUIET_MS = 30_000; // poll after this silence, because a stream can stall without an error
const SLOWEST_RETRY_MS = 30_000;

/**
 * Subscribe to the service for as long as the page is open.
 *
 * `on` holds the callbacks status(body), result(body), failure(body), tags(body) and link(state, message), where state is
 * "live", "polling" or "lost".
 *
 * @param {{[Name in Followed]: (body: Events[Name]) => void} &
 *   {link: (state: import("./types.d.ts").LinkState, message?: string) => void}} on
 */
export function follow(on) {
  /** @type {EventSource} */
  let source;
  let retryMs = 1_000;
  let heard = performance.now();
  let asking = false;

  const read = (/** @type {Followed} */ name) => (/** @type {MessageEvent<string>} */ event) => {
    heard = performance.now();
    let body;
    try {
      body = JSON.parse(event.data);
    } catch {
      return; // a truncated event; the next one is complete
    }
    on[name](body);
  };

  function connect() {
    source = new EventSource("events");
    source.addEventListener("open", () => {
      retryMs = 1_000;
      heard = performance.now();
      on.link("live");
    });
    for (const name of /** @type {const} */ (["status", "result", "failure", "tags"])) source.addEventListener(name, read(name));
    source.addEventListener("error", failed);
  }

  function failed() {
    poll();
    if (source.readyState !== EventSource.CLOSED) return; // the browser reconnects automatically
    setTimeout(connect, retryMs);
    retryMs = Math.min(2 * retryMs, SLOWEST_RETRY_MS);
  }

  async function poll() {
    if (asking) return;
    asking = true;
    try {
      const status = await get("status");
      heard = performance.now();
      on.link(source.readyState === EventSource.OPEN ? "live" : "polling");
      on.status(status);
    } catch (error) {
      on.link("lost", messageOf(error));
    } finally {
      asking = false;
    }
  }

  setInterval(() => {
    const silent = performance.now() - heard;
    if (!document.hidden && (source.readyState === EventSource.OPEN ? silent > QUIET_MS : silent > POLL_MS)) poll();
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
}
