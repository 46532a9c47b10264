/** Live updates: the shared event stream, with polling as the fallback. */

import { get, messageOf } from "./api.js";

/** @typedef {import("./fingerprint.d.ts").Events} Events */
/** @typedef {"status" | "result" | "failure" | "tags"} Followed the events that the page uses */

const POLL_MS = 5_000;
const QUIET_MS = 30_000; // poll after this silence, because a stream can stall without an error

/**
 * Subscribe to the service for as long as the page is open.
 *
 * `on` holds the callbacks status(body), result(body), failure(body), tags(body), link(state, message), where state is
 * "live", "polling" or "lost", and missed(). The latter is called whenever events may have been missed: when the stream
 * opens, since the views have loaded before that, and after a poll without a stream or with counts that the stream did
 * not report.
 *
 * @param {{[Name in Followed]: (body: Events[Name]) => void} &
 *   {link: (state: import("./types.d.ts").LinkState, message?: string) => void, missed: () => void}} on
 */
export function follow(on) {
  let heard = performance.now();
  let asking = false;
  let open = false;
  let counts = "";

  /** @param {Events["status"]} status */
  function onStatus(status) {
    counts = JSON.stringify(status.counts);
    on.status(status);
  }

  /**
   * @template {unknown[]} Arguments
   * @param {(...args: Arguments) => void} listener
   */
  const noting = (listener) => (/** @type {Arguments} */ ...args) => {
    heard = performance.now();
    listener(...args);
  };

  async function poll() {
    if (asking) return;
    asking = true;
    try {
      const status = await get("status");
      heard = performance.now();
      const before = counts;
      on.link(open ? "live" : "polling");
      onStatus(status);
      if (!open || counts !== before) on.missed();
    } catch (error) {
      on.link("lost", messageOf(error));
    } finally {
      asking = false;
    }
  }

  import("./client.js").then(({ connect }) => connect().events({
    status: noting(onStatus),
    result: noting(on.result),
    failure: noting(on.failure),
    tags: noting(on.tags),
    link(state) {
      open = state === "live";
      if (!open) return poll();
      heard = performance.now();
      on.link("live");
      on.missed();
    },
  }), poll); // not part of the first paint
  get("status").then((status) => open || onStatus(status), () => undefined); // before the stream is open; it reports errors
  setInterval(() => {
    const silent = performance.now() - heard;
    if (!document.hidden && silent > (open ? QUIET_MS : POLL_MS)) poll();
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => document.hidden || poll());
}
