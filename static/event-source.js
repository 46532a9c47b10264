/** One event stream that reconnects. */

/** @typedef {keyof import("./fingerprint.d.ts").Events} EventName */
/**
 * @typedef {{kind: "open" | "lost"} | {kind: "event", name: EventName, data: string}} StreamMessage
 *   "lost" is repeated with every attempt that fails
 */

const FIRST_RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 30_000;
/** @type {EventName[]} */
const NAMES = ["status", "result", "failure", "tags"];

/**
 * Open the event stream at `url`, and again whenever it ends.
 *
 * @param {string} url
 * @param {(message: StreamMessage) => void} tell
 * @returns {() => void} closes it
 */
export function openSource(url, tell) {
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  let retryMs = FIRST_RETRY_MS;

  function open() {
    source = new EventSource(url);
    source.addEventListener("open", () => {
      retryMs = FIRST_RETRY_MS;
      tell({ kind: "open" });
    });
    for (const name of NAMES) source.addEventListener(name, ({ data }) => tell({ kind: "event", name, data }));
    source.addEventListener("error", () => {
      tell({ kind: "lost" });
      if (source.readyState !== EventSource.CLOSED) return; // the browser reconnects automatically
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(2 * retryMs, SLOWEST_RETRY_MS);
    });
  }

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** What a new listener receives first: whether the stream is open, and the last status. */
export class Recent {
  /** @type {StreamMessage} */
  #link = { kind: "lost" };
  /** @type {StreamMessage | null} */
  #status = null;

  /** @param {StreamMessage} message */
  note(message) {
    if (message.kind === "event") {
      if (message.name === "status") this.#status = message;
      return;
    }
    this.#link = message;
    this.#status = null; // of the stream before
  }

  /** @returns {StreamMessage[]} */
  messages() {
    if (this.#link.kind !== "open") return [];
    return this.#status ? [this.#link, this.#status] : [this.#link];
  }
}
