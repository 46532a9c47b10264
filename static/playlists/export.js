/** Download of a playlist as M3U8. */

import { ApiError } from "../api.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";

const UNSAFE = /[\\/:*?"<>|\p{Cc}]/gu; // in names of files

/**
 * Download files as a playlist; `folder` is where the playlist will lie, for relative paths.
 *
 * @param {string} name
 * @param {number[]} ids
 * @param {string | null} folder
 * @returns {Promise<string>} what was done
 */
export async function download(name, ids, folder) {
  const body = JSON.stringify({ files: ids, relative_to: folder });
  let response;
  try {
    response = await fetch("list.m3u8", { method: "POST", headers: { "Content-Type": "application/json" }, body, credentials: "same-origin" });
  } catch {
    throw new ApiError(t("error.unreachable"));
  }
  if (!response.ok) {
    const { error, code } = await response.json();
    throw new ApiError(error, response.status, code);
  }
  const url = URL.createObjectURL(await response.blob());
  el("a", { href: url, download: `${name.replace(UNSAFE, "_").slice(0, 80) || "playlist"}.m3u8` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the download has begun by then
  return t("playlists.exported", { count: ids.length });
}
