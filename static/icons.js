/** Icons as SVG, because fonts differ in the signs they have. */

import { svg } from "./dom.js";

const SHAPES = {
  play: "M7 4.5v15l12.5-7.5z",
  pause: "M6 4.5h4v15H6zM14 4.5h4v15h-4z",
  next: "M5 5v14l10-7zM16.5 5H19v14h-2.5z",
  back: "M19 5v14L9 12zM5 5h2.5v14H5z",
  list: "M4 6h16v2H4zM4 11h16v2H4zM4 16h10v2H4z",
  close: "M6.4 5 5 6.4 10.6 12 5 17.6 6.4 19l5.6-5.6 5.6 5.6 1.4-1.4-5.6-5.6L19 6.4 17.6 5 12 10.6z",
  volume: "M4 9v6h4l5 4V5L8 9zM15.5 8.5a5 5 0 0 1 0 7l1.2 1.2a6.7 6.7 0 0 0 0-9.4z",
};

/**
 * Create an icon; it is decorative, so its control needs a name.
 *
 * @param {keyof typeof SHAPES} name
 */
export const icon = (name) => svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, svg("path", { d: SHAPES[name] }));
