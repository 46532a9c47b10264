/**
 * The views of the page. A view is one module, loaded when it is first opened. It exports `mount(root, page)`; the contract
 * is described in docs/page.md and typed in types.d.ts. Its name is the text `nav.<view>`. `over` marks a view that opens
 * over another one, which stays mounted below it; `styles` are style sheets that only this view needs. The navigation in
 * index.html lists the main views.
 */

/** @typedef {import("./types.d.ts").ViewEntry} ViewEntry */

/** @type {Record<string, ViewEntry>} */
export const VIEWS = {
  home: { load: () => import("./views/home.js") },
  explore: { styles: ["explore.css"], load: () => import("./views/explore.js") },
  library: { load: () => import("./views/library.js") },
  playlists: { styles: ["explore.css"], load: () => import("./views/playlists.js") },
  activity: { load: () => import("./views/activity.js") },
  settings: { load: () => import("./views/settings.js") },
  track: { over: true, load: () => import("./views/track.js") },
  album: { over: true, load: () => import("./views/album.js") },
  artist: { over: true, load: () => import("./views/artist.js") },
  compare: { over: true, load: () => import("./views/compare.js") },
};

/** The view of an empty or unknown address. */
export const FIRST = "home";
