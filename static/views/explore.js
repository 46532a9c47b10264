/** Explore: the map of the library, the surroundings of a track, and duplicates. */

import { t } from "../i18n.js";
import { AroundPart } from "../explore/around-part.js";
import { DuplicatesPart } from "../explore/duplicates-part.js";
import { MapPart } from "../explore/map-part.js";
import { tabs, viewHeading } from "../parts.js";
import { address } from "../router.js";

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const map = new MapPart(page);
  const around = new AroundPart(page);
  const duplicates = new DuplicatesPart(page);
  const parts = { map, around, duplicates };
  const links = tabs(t("explore.parts"), [
    { part: "map", href: address("explore"), text: [t("map.title")] },
    { part: "duplicates", href: address("explore", ["duplicates"]), text: [t("duplicates.title")] },
  ]);
  root.append(viewHeading(t("nav.explore")), links.node, ...Object.values(parts).map(({ node }) => node));
  return {
    show(place) {
      const [name = "map"] = place.path;
      const shown = name === "around" && place.path[1] ? "around" : name === "duplicates" ? "duplicates" : "map";
      for (const [one, { node }] of Object.entries(parts)) node.hidden = one !== shown;
      links.mark(shown);
      if (shown === "map") page.title(t("nav.explore"));
      return parts[shown].show(place);
    },
    status: (status) => map.status(status),
    reconnected: () => {
      if (!map.node.hidden) map.show(page.place);
    },
  };
}
