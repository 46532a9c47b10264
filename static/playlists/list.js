/** A playlist: play, reorder, leave out, smooth the order, keep and export. */

import { post } from "../api.js";
import { announce, el, reconcile, setAttribute, setText, within } from "../dom.js";
import { alsoAs } from "../explore/copies.js";
import { filesOf } from "../explore/files.js";
import { clock } from "../format.js";
import { t } from "../i18n.js";
import { play, playable, playButton } from "../listen.js";
import { byline, cover, titleOf } from "../music.js";
import { actionButton } from "../parts.js";
import { address } from "../router.js";
import { download } from "./export.js";
import { saveList } from "./saved.js";

/** @typedef {import("../fingerprint.d.ts").File} File */
/** @typedef {import("../types.d.ts").Page} Page */

const MAPPED = 200; // tracks that are drawn as a path on the map
const SMOOTHED = 100; // tracks that can be put in a smooth order at once

export class PlaylistEditor {
  /**
   * @param {Page} page
   * @param {{changed: (ids: number[]) => void, saved: () => void, another: () => void}} actions
   */
  constructor(page, actions) {
    this.page = page;
    this.actions = actions;
    /** @type {File[]} */
    this.files = [];
    this.name = "";
    /** @type {Map<number, import("../fingerprint.d.ts").Copy[]>} */
    this.copies = new Map();
    this.title = el("h2", { id: "playlist-title" });
    this.summary = el("p", { class: "hint", role: "status" });
    this.list = el("ol", { class: "playlist", "aria-labelledby": "playlist-title" });
    this.another = el("button", { type: "button", onclick: () => actions.another() }, t("playlists.another"));
    this.smooth = actionButton(t("playlists.smooth"), () => this.smoothOrder());
    this.onMap = el("a", { class: "button" }, t("explore.on-map"));
    this.field = el("input", { name: "name", required: true, maxlength: 80, autocomplete: "off", "aria-label": t("playlists.name"), placeholder: t("playlists.name") });
    this.folder = el("select", { "aria-label": t("playlists.paths") });
    this.node = el("section", { class: "card", "aria-labelledby": "playlist-title", hidden: true },
      this.title, this.summary,
      el("div", { class: "actions" }, actionButton(t("explore.play"), async () => play(this.files.map(playable)), { class: "primary", id: "playlist-play" }), this.another, this.smooth, this.onMap),
      this.list,
      el("form", { class: "filters", onsubmit: (/** @type {Event} */ event) => this.save(event) }, el("div", { class: "field narrow" }, this.field), el("button", {}, t("playlists.save")),
        el("div", { class: "field narrow" }, this.folder), actionButton(t("playlists.export"), () => download(this.field.value || this.name, this.ids, this.folder.value || null), { id: "playlist-export" })));
  }

  get ids() {
    return this.files.map((file) => file.id);
  }

  /**
   * Show tracks; files that are gone are left out.
   *
   * @param {string} name
   * @param {number[]} ids
   * @param {{note?: string, again?: boolean, copies?: Map<number, import("../fingerprint.d.ts").Copy[]>}} options
   *   `again` offers another list of the same kind, `copies` are other files of the tracks
   */
  async show(name, ids, { note = "", again = false, copies = new Map() } = {}) {
    this.name = name;
    this.copies = copies;
    this.files = await filesOf(ids);
    this.another.hidden = !again;
    this.folder.replaceChildren(el("option", { value: "" }, t("playlists.absolute")),
      ...(this.page.status?.folders ?? []).map(({ path }) => el("option", { value: path }, t("playlists.relative", { folder: path }))));
    this.node.hidden = false;
    setText(this.title, name);
    this.draw(note || (this.files.length < ids.length ? t("playlists.gone", { count: ids.length - this.files.length }) : ""));
  }

  /** @param {string} note */
  draw(note = "") {
    const length = this.files.reduce((sum, file) => sum + (file.metadata?.duration_sec ?? 0), 0);
    setText(this.summary, [t("count.tracks", { count: this.files.length }), clock(length), note].filter(Boolean).join(" · "));
    this.onMap.hidden = !this.files.length || this.files.length > MAPPED;
    setAttribute(this.onMap, "href", address("explore", [], { path: this.ids.join(",") }));
    this.smooth.hidden = this.files.length < 3 || this.files.length > SMOOTHED;
    const places = new Map(this.files.map((file, index) => [file, index]));
    reconcile(this.list, this.files, (file) => file.id, (file) => this.row(file), (node, file) => {
      setAttribute(within(node, ".grip"), "aria-label", t("playlists.move", { name: titleOf(file), place: (places.get(file) ?? 0) + 1 }));
    });
  }

  /** @param {File} file */
  row(file) {
    const name = titleOf(file);
    /** @type {HTMLButtonElement} */
    const grip = el("button", { type: "button", class: "grip", title: t("playlists.move-how"), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event, file), onpointerdown: (/** @type {PointerEvent} */ event) => this.grab(event, node, file) }, "⠿");
    /** @type {HTMLLIElement} */
    const node = el("li", {}, grip, playButton(name, () => this.files.map(playable), { start: () => this.files.indexOf(file) }), el("span", { class: "art" }, cover(file)),
      el("span", { class: "said" }, el("a", { class: "name", href: address("track", [file.id]) }, el("bdi", {}, name)), el("bdi", { class: "path" }, byline(file)), alsoAs(this.copies.get(file.id) ?? [])),
      el("span", { class: "time" }, clock(file.metadata?.duration_sec ?? 0)),
      el("button", { type: "button", class: "quiet", "aria-label": t("playlists.leave-out", { name }), onclick: () => this.leaveOut(file) }, "×"));
    return node;
  }

  /** @param {File} file */
  leaveOut(file) {
    const place = this.files.indexOf(file);
    this.files = this.files.filter((one) => one !== file);
    this.changed();
    const next = this.list.children[Math.min(place, this.files.length - 1)];
    if (next) within(next, "button.quiet:last-child").focus();
  }

  /**
   * Move a track with the arrow keys.
   *
   * @param {KeyboardEvent} event
   * @param {File} file
   */
  key(event, file) {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!step) return;
    event.preventDefault();
    const place = this.files.indexOf(file) + step;
    if (!this.move(file, place)) return;
    /** @type {HTMLElement} */ (event.currentTarget).focus();
    announce(t("playlists.moved", { name: titleOf(file), place: place + 1 }));
  }

  /**
   * Move a track to a place. Returns false if there is no such place.
   *
   * @param {File} file
   * @param {number} place
   */
  move(file, place) {
    if (place < 0 || place >= this.files.length || this.files[place] === file) return false;
    this.files = this.files.filter((one) => one !== file);
    this.files.splice(place, 0, file);
    this.changed();
    return true;
  }

  /**
   * Move a track with the pointer.
   *
   * @param {PointerEvent} event
   * @param {HTMLElement} node
   * @param {File} file
   */
  grab(event, node, file) {
    const grip = /** @type {HTMLElement} */ (event.currentTarget);
    grip.setPointerCapture(event.pointerId);
    node.classList.add("held");
    const drag = (/** @type {PointerEvent} */ moved) => {
      const over = [...this.list.children].findIndex((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return moved.clientY >= top && moved.clientY < bottom;
      });
      if (over >= 0) this.move(file, over);
    };
    const drop = () => {
      node.classList.remove("held");
      grip.removeEventListener("pointermove", drag);
    };
    grip.addEventListener("pointermove", drag);
    grip.addEventListener("lostpointercapture", drop, { once: true });
  }

  changed() {
    this.draw();
    this.actions.changed(this.ids);
  }

  /** Put the tracks in an order with small steps, beginning with the first. */
  async smoothOrder() {
    const { items } = await post("flow", { like: { files: this.ids } });
    this.files = await filesOf(items.map((one) => one.file_id));
    this.changed();
    return t("playlists.smoothed");
  }

  /** @param {Event} event */
  save(event) {
    event.preventDefault();
    const name = this.field.value.trim();
    if (!name) return;
    const kept = saveList(name, this.ids);
    announce(kept ? t("playlists.saved", { name }) : t("playlists.not-saved"));
    if (!kept) return;
    this.name = name;
    setText(this.title, name);
    this.actions.saved();
  }
}
