/**
 * Client for web pages: fingerprints, similar tracks, coverage and events of the service.
 *
 *     import { connect } from "/fingerprint/fingerprint.js";
 *     const service = connect();
 *     const track = await service.fingerprint(7);
 *
 * `fingerprint.d.ts` declares it. Pages of other origins need an entry in the setting `allowed_origins`.
 */

export { ApiError, connect } from "./client.js";
