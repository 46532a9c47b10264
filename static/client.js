/** The client of `fingerprint.js`; its types are declared in `fingerprint.d.ts`. */

import { ApiError, ask, isMissing } from "./api.js";
import { listen } from "./event-stream.js";

export { ApiError };

/** @typedef {import("./fingerprint.d.ts").Events} Events */

/** @type {typeof import("./fingerprint.d.ts").connect} */
export function connect({ base = new URL(".", import.meta.url), token = "" } = {}) {
  const root = new URL(String(base).replace(/\/?$/, "/"), location.href);
  /** @type {Record<string, string>} */
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const get = (/** @type {string} */ address) => ask(String(new URL(address, root)), { headers });

  return {
    async fingerprint(trackId) {
      const answer = await unlessMissing(get(`tracks/${trackId}`));
      return answer && "fingerprint" in answer ? answer : null;
    },
    similar: (trackId, { limit = 10 } = {}) => unlessMissing(get(`tracks/${trackId}/similar?limit=${limit}`)),
    async coverage() {
      const { counts, percent, state } = await get("status");
      return { done: counts.done, total: counts.total, percent, state };
    },
    cover: (fileId) => String(new URL(`files/${fileId}/cover`, root)),
    events: (on) =>
      listen(String(new URL("events", root)), (message) => {
        if (message.kind === "event") passOn(on, message.name, message.data);
        else on.link?.(message.kind === "open" ? "live" : "lost");
      }),
  };
}

/**
 * Call the listener of an event; a truncated event is left out, since the next one is complete.
 *
 * @template {keyof Events} Name
 * @param {{[Each in Name]?: (body: Events[Each]) => void}} on
 * @param {Name} name
 * @param {string} data
 */
function passOn(on, name, data) {
  let body;
  try {
    body = JSON.parse(data);
  } catch {
    return;
  }
  on[name]?.(body);
}

/**
 * @template T
 * @param {Promise<T>} answer
 */
async function unlessMissing(answer) {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
