/** Library: what the music folders hold. */

import { t } from "../i18n.js";
import { viewHeading } from "../parts.js";
import { TrackList } from "../tracks.js";

/** @typedef {import("../fingerprint.d.ts").Status} Status */

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const tracks = new TrackList(page);
  root.append(viewHeading(t("nav.library")), tracks.node);
  let known = "";
  return {
    show: ({ query }) => tracks.show(query),
    status({ counts: { total, done, failed, outdated } }) {
      const state = [total, done, failed, outdated].join("/");
      if ((known && known !== state) || (tracks.stale && page.visible)) tracks.refresh();
      known = state;
    },
    result: () => tracks.refresh(),
    failure: () => tracks.refresh(),
    tags: () => tracks.refresh(),
    reconnected: () => tracks.refresh(),
  };
}
