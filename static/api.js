/** HTTP client for the service. URLs are relative because the page does not know its mount point. */

const LIMIT_MS = 20_000;

/** A failed request; its message can be shown to the user. */
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

/** Send a GET request; empty parameters are omitted. */
export function get(address, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return ask(query.size ? `${address}?${query}` : address, {});
}

/** Send a POST request with a JSON body. */
export const post = (address, body = {}) =>
  ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
