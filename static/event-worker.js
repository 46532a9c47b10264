/** Shared worker: one event stream for all pages of this origin. */

import { openSource, Recent } from "./event-source.js";

/** @type {Set<MessagePort>} */
const ports = new Set();
let recent = new Recent();
/** @type {(() => void) | null} */
let close = null;

/** @param {import("./event-source.js").StreamMessage} message */
function tell(message) {
  recent.note(message);
  for (const port of ports) port.postMessage(message);
}

/**
 * A page sends the address of the stream to join, which is answered at once, and null to leave.
 *
 * @param {MessagePort} port
 * @param {string | null} url
 */
function joinOrLeave(port, url) {
  if (url === null) {
    ports.delete(port);
    if (ports.size) return;
    close?.();
    close = null;
    recent = new Recent();
    return;
  }
  ports.add(port);
  port.postMessage({ kind: "joined" });
  for (const message of recent.messages()) port.postMessage(message);
  close ??= openSource(url, tell);
}

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  port.onmessage = ({ data }) => joinOrLeave(port, data);
});
