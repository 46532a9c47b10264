/** Playlists: built as a radio, a path or a filter, or chosen by hand; played, reordered, kept and exported. */

import { messageOf } from "../api.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { tabs, viewHeading } from "../parts.js";
import { filterForm, pathForm, radioForm } from "../playlists/forms.js";
import { PlaylistEditor } from "../playlists/list.js";
import { forgetList, savedLists } from "../playlists/saved.js";
import { numbers } from "../playlists/seeds.js";
import { address } from "../router.js";

/** @typedef {"radio" | "path" | "filter"} Kind */

const KINDS = /** @type {Kind[]} */ (["radio", "path", "filter"]);

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  /** @type {Kind} */
  let kind = "radio";
  /** @type {Record<string, string>} */
  let query = {};
  let request = 0;
  /** @type {Kind | "list" | null} */
  let shown = null; // what the editor holds
  const change = (/** @type {Record<string, string | number>} */ changes) => {
    query = Object.fromEntries(Object.entries({ ...query, ...changes }).flatMap(([name, value]) => (value === "" ? [] : [[name, String(value)]])));
    page.keep([kind], query);
    build();
  };
  const forms = { radio: radioForm(change), path: pathForm(change), filter: filterForm(change) };
  const links = tabs(t("playlists.kinds"), KINDS.map((part) => ({ part, href: address("playlists", [part]), text: [t(`playlists.kind.${part}`)] })));
  const hint = el("p", { class: "hint" });
  const fault = el("p", { class: "fault note", role: "alert", hidden: true });
  const saved = el("section", { class: "card", "aria-labelledby": "saved-title" });
  const builder = el("section", { class: "card", id: "builder", "aria-label": t("playlists.build") }, links.node, hint, ...Object.values(forms).map(({ node }) => node), fault);
  const editor = new PlaylistEditor(page, {
    changed(ids) {
      request += 1; // a list that is still being built does not replace what was changed by hand
      page.keep(["list"], { files: ids.join(",") });
    },
    saved: () => drawSaved(),
    another: () => change({ number: Number(query.number ?? 0) + 1 }),
  });
  root.append(viewHeading(t("nav.playlists")), builder, editor.node, saved);

  /** Build the playlist of the form. */
  async function build() {
    const asked = (request += 1);
    fault.hidden = true;
    try {
      if (shown !== kind) {
        editor.node.hidden = true; // it holds a list of another kind
        hint.textContent = t("playlists.building");
      }
      const built = await forms[kind].build(query);
      if (asked !== request) return;
      shown = kind;
      hint.textContent = t(`playlists.hint.${kind}`);
      if (!built) editor.node.hidden = true;
      else await editor.show(t(`playlists.kind.${kind}`), built.ids, { note: built.note, again: kind === "radio", copies: built.copies });
    } catch (error) {
      if (asked !== request) return;
      shown = null;
      hint.textContent = t(`playlists.hint.${kind}`);
      fault.textContent = messageOf(error);
      fault.hidden = false;
      editor.node.hidden = true;
    }
  }

  function drawSaved() {
    const lists = savedLists();
    saved.hidden = !lists.length;
    saved.replaceChildren(el("h2", { id: "saved-title" }, t("playlists.kept")), el("p", { class: "hint" }, t("playlists.kept.hint")),
      el("ul", { class: "plain saved" }, lists.map(({ name, files }) => el("li", { class: "line" },
        el("a", { class: "name", href: address("playlists", ["list"], { files: files.join(","), name }) }, el("bdi", {}, name)), el("span", { class: "hint" }, t("count.tracks", { count: files.length })),
        el("button", { type: "button", class: "quiet", "aria-label": t("playlists.forget", { name }), onclick: () => {
          forgetList(name);
          drawSaved();
        } }, "×")))));
  }

  return {
    async show(place) {
      const [part] = place.path;
      query = { ...place.query };
      kind = KINDS.find((one) => one === part) ?? "radio";
      for (const one of KINDS) forms[one].node.hidden = one !== kind;
      links.mark(part === "list" ? "" : kind);
      builder.classList.toggle("folded", part === "list");
      hint.textContent = t(`playlists.hint.${kind}`);
      drawSaved();
      page.title(t("nav.playlists"));
      if (part === "list") {
        request += 1;
        fault.hidden = true;
        shown = "list";
        await editor.show(query.name || t("playlists.list"), numbers(query.files));
      } else {
        await forms[kind].show(query);
        await build();
      }
    },
  };
}
