/** Talking to the service. All addresses are relative: the page does not know where it is mounted. */

const LIMIT_MS = 20_000;

/** A request that was not answered as hoped; its message is a sentence for the reader. */
export class ApiError extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(LIMIT_MS), credentials: "same-origin", ...options });
  } catch {
    throw new ApiError("The service does not answer.");
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(`The service gave an answer that cannot be read (${response.status}).`, response.status);
  }
  if (!response.ok) throw new ApiError(body.error ?? `The service refused (${response.status}).`, response.status);
  return body;
}

/** Read something; parameters that are empty are left out. */
export function get(address, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return ask(query.size ? `${address}?${query}` : address, {});
}

/** Ask for something to be done. */
export const post = (address, body = {}) =>
  ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
