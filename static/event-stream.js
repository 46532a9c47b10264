/**
 * One event stream for all pages of a browser, since browsers allow six connections to a server with HTTP/1.1.
 *
 * Pages of the service's own origin share it through a shared worker. Other pages elect one that holds the stream and
 * passes it on through a broadcast channel. Web Locks would elect it too, but are missing on plain http.
 */

import { openSource, Recent } from "./event-source.js";

/** @typedef {import("./event-source.js").StreamMessage} StreamMessage */
/** @typedef {(message: StreamMessage) => void} Tell */
/**
 * @typedef {{kind: "ask"} | {kind: "gone"} | {kind: "lead", id: number, known: StreamMessage[]} |
 *   {kind: "tell", message: StreamMessage}} ChannelMessage
 */

const ANSWER_MS = 500; // the leading page answers within this time, even in the background
const CHECK_MS = 5_000;
const SILENT_MS = 10_000; // the shared worker answers long before, unless the machine is very busy

/**
 * Listen to the event stream at `url` until the returned function is called or the page is left.
 *
 * @param {string} url absolute
 * @param {Tell} tell
 * @returns {() => void}
 */
export function listen(url, tell) {
  let stop = share(url, tell);
  const pause = () => stop();
  const resume = (/** @type {PageTransitionEvent} */ event) => {
    if (event.persisted) stop = share(url, tell);
  };
  addEventListener("pagehide", pause);
  addEventListener("pageshow", resume);
  return () => {
    removeEventListener("pagehide", pause);
    removeEventListener("pageshow", resume);
    stop();
  };
}

/**
 * @param {string} url
 * @param {Tell} tell
 */
function share(url, tell) {
  const otherwise = () => ("BroadcastChannel" in globalThis ? shareByChannel(url, tell) : openSource(url, tell));
  const script = new URL("./event-worker.js", import.meta.url);
  return "SharedWorker" in globalThis && script.origin === location.origin
    ? shareByWorker(script, url, tell, otherwise)
    : otherwise();
}

/**
 * @param {URL} script
 * @param {string} url
 * @param {Tell} tell
 * @param {() => (() => void)} otherwise used where the worker cannot be loaded, and until it answers
 */
function shareByWorker(script, url, tell, otherwise) {
  const worker = new SharedWorker(script, { type: "module", name: url });
  let stopped = false;
  /** @type {(() => void) | null} */
  let substitute = null;
  const giveUp = () => {
    if (!stopped) substitute ??= otherwise();
  };
  const silent = setTimeout(giveUp, SILENT_MS);
  worker.port.onmessage = ({ data }) => {
    if (stopped) return;
    clearTimeout(silent);
    substitute?.(); // the worker was slow
    substitute = null;
    if (data.kind !== "joined") tell(data);
  };
  worker.addEventListener("error", giveUp);
  worker.port.postMessage(url);
  return () => {
    stopped = true;
    clearTimeout(silent);
    substitute?.();
    worker.port.postMessage(null);
  };
}

/**
 * @param {string} url
 * @param {Tell} tell
 */
function shareByChannel(url, tell) {
  const channel = new BroadcastChannel(`auralis-fp ${url}`);
  const id = Math.random(); // of two leading pages, the one with the lower id goes on
  const recent = new Recent();
  /** @type {(() => void) | null} */
  let close = null; // set while this page leads
  let leader = Number.NaN;
  /** @type {ReturnType<typeof setTimeout>} */
  let candidate;

  const send = (/** @type {ChannelMessage} */ message) => channel.postMessage(message);
  const announce = () => send({ kind: "lead", id, known: recent.messages() });

  function lead() {
    if (leader === leader) tell({ kind: "lost" }); // what was sent since the last leader left is missing
    leader = id;
    close = openSource(url, (message) => {
      recent.note(message);
      tell(message);
      send({ kind: "tell", message });
    });
    announce();
  }

  function ask() {
    if (close) return;
    send({ kind: "ask" });
    clearTimeout(candidate);
    candidate = setTimeout(lead, ANSWER_MS * (1 + Math.random() / 2));
  }

  /**
   * @param {number} other
   * @param {StreamMessage[]} known
   */
  function follow(other, known) {
    clearTimeout(candidate);
    if (close && other > id) return announce(); // the other one follows
    close?.();
    close = null;
    if (leader !== other) known.forEach(tell);
    leader = other;
  }

  channel.onmessage = ({ data }) => {
    /** @type {ChannelMessage} */
    const message = data;
    if (message.kind === "ask" && close) announce();
    else if (message.kind === "gone") ask();
    else if (message.kind === "lead") follow(message.id, message.known);
    else if (message.kind === "tell" && !close) tell(message.message);
  };
  const timer = setInterval(ask, CHECK_MS);
  ask();
  return () => {
    clearInterval(timer);
    clearTimeout(candidate);
    if (close) send({ kind: "gone" });
    close?.();
    close = null;
    channel.close();
  };
}
