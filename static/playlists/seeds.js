/** Tracks that a playlist starts from, with a field to add more. */

import { el, reconcile } from "../dom.js";
import { filesOf } from "../explore/files.js";
import { t } from "../i18n.js";
import { titleOf } from "../music.js";
import { trackPicker } from "../picker.js";

/** @typedef {import("../fingerprint.d.ts").File} File */

/**
 * Create a group of tracks; `changed` is called with their ids. With `single`, a new track replaces the last one.
 *
 * @param {string} label
 * @param {(ids: number[]) => void} changed
 * @param {{single?: boolean}} options
 */
export function seedField(label, changed, { single = false } = {}) {
  /** @type {File[]} */
  let files = [];
  const list = el("ul", { class: "plain chips" });
  const picker = trackPicker(label, (file) => {
    if (!file) return;
    picker.input.value = ""; // the track stands in the list
    set([...(single ? [] : files.filter(({ id }) => id !== file.id)), file]);
  });
  const node = el("fieldset", { class: "seeds" }, el("legend", {}, label), list, picker.node);

  /** @param {File[]} wanted */
  function set(wanted) {
    draw(wanted);
    changed(files.map(({ id }) => id));
  }

  /** @param {File[]} wanted */
  function draw(wanted) {
    files = wanted;
    reconcile(list, files, ({ id }) => id, (file) => el("li", {}, el("bdi", {}, titleOf(file)),
      el("button", { type: "button", class: "quiet", "aria-label": t("playlists.leave-out", { name: titleOf(file) }), onclick: () => {
        set(files.filter(({ id }) => id !== file.id));
        picker.input.focus();
      } }, "×")), () => undefined);
  }

  return {
    node,
    /** @param {string | undefined} ids separated by commas */
    show: async (ids) => draw(await filesOf(numbers(ids))),
  };
}

/**
 * Return the ids in a list separated by commas.
 *
 * @param {string | undefined} text
 */
export const numbers = (text) => (text ?? "").split(",").map(Number).filter((id) => Number.isInteger(id) && id > 0);
