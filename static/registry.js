/**
 * The views of the page. A view is one module, loaded when it is first opened. It exports `mount(root, page)`; the contract
 * is described in docs/page.md and typed in types.d.ts. `title` is the key of its name, `over` marks a view that opens
 * over another one, which stays mounted below it; `styles` are style sheets that only this view needs.
 */

/** @typedef {import("./types.d.ts").ViewEntry} ViewEntry */

/** The views of the navigation, in its order. @type {Record<string, ViewEntry>} */
export const MAIN = {
  home: { title: "nav.home", load: () => import("./views/home.js") },
  explore: { title: "nav.explore", styles: ["explore.css"], load: () => import("./views/explore.js") },
  library: { title: "nav.library", load: () => import("./views/library.js") },
  playlists: { title: "nav.playlists", styles: ["explore.css"], load: () => import("./views/playlists.js") },
  activity: { title: "nav.activity", load: () => import("./views/activity.js") },
  settings: { title: "nav.settings", load: () => import("./views/settings.js") },
};

/** @type {Record<string, ViewEntry>} */
export const VIEWS = {
  ...MAIN,
  track: { title: "nav.track", over: true, load: () => import("./views/track.js") },
  album: { title: "nav.album", over: true, load: () => import("./views/album.js") },
  artist: { title: "nav.artist", over: true, load: () => import("./views/artist.js") },
  compare: { title: "nav.compare", over: true, load: () => import("./views/compare.js") },
};

/** The view of an empty or unknown address. */
export const FIRST = "home";
