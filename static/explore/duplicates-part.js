/** Files with the same recording, to be confirmed or told apart. Nothing is ever deleted. */

import { get, messageOf, post } from "../api.js";
import { breakable, el } from "../dom.js";
import { bytes, clean, clock, count, nameOf, percent } from "../format.js";
import { maybe, t } from "../i18n.js";
import { playable, playButton } from "../listen.js";
import { titleOf } from "../music.js";
import { actionButton } from "../parts.js";
import { address } from "../router.js";
import { fileOf, filesOf } from "./files.js";

/** @typedef {import("../fingerprint.d.ts").DuplicateFile} DuplicateFile */
/** @typedef {import("../fingerprint.d.ts").DuplicateGroup} DuplicateGroup */
/** @typedef {import("../types.d.ts").Page} Page */

const GROUPS = 20; // of one page

export class DuplicatesPart {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.summary = el("p", { class: "hint", role: "status" });
    this.list = el("ul", { class: "plain copies" });
    this.more = el("div", { class: "actions" });
    this.node = el("section", { class: "card", id: "duplicates", "aria-labelledby": "duplicates-title" },
      el("h2", { id: "duplicates-title" }, t("duplicates.title")), el("p", { class: "hint" }, t("duplicates.hint")), this.summary, this.list, this.more);
  }

  show() {
    this.page.title(t("duplicates.title"));
    return this.load(0);
  }

  /** @param {number} offset */
  async load(offset) {
    if (!offset) this.list.replaceChildren();
    this.more.replaceChildren();
    this.summary.textContent = t("loading");
    try {
      const { items, total, compared, library, next } = await get("duplicates", { limit: String(GROUPS), offset: String(offset) });
      await filesOf(items.flatMap((group) => group.files.map((file) => file.file_id)));
      const said = total ? t("duplicates.groups", { count: total }) : t("duplicates.none");
      this.summary.textContent = compared < library ? `${said} ${t("duplicates.compared", { compared, count: library })}` : said;
      this.list.append(...items.map((group) => this.group(group)));
      if (next !== null) this.more.append(el("button", { type: "button", onclick: () => this.load(next) }, t("duplicates.more")));
    } catch (error) {
      this.summary.textContent = messageOf(error);
      this.more.append(el("button", { type: "button", onclick: () => this.load(offset) }, t("retry")));
    }
  }

  /** @param {DuplicateGroup} group */
  group(group) {
    const ids = group.files.map((file) => file.file_id);
    const decided = el("span", { class: "badge" }, group.pairs.every((pair) => pair.confirmed) ? t("duplicates.confirmed") : t(`duplicates.kind.${group.kind}`));
    const decide = async (/** @type {boolean} */ same) => {
      await post("duplicates", { files: ids, same });
      if (same) decided.textContent = t("duplicates.confirmed");
      else node.remove();
      return t(same ? "duplicates.kept" : "duplicates.split");
    };
    const agreements = group.pairs.flatMap((pair) => pair.agreement ?? []);
    const node = el("li", { class: "copy" },
      el("p", { class: "line" }, decided, agreements.length > 0 && el("span", { class: "hint" }, t("duplicates.agreement", { share: percent(100 * Math.min(...agreements)) }))),
      el("ul", { class: "plain" }, group.files.map((file) => this.file(file))),
      el("div", { class: "actions" }, actionButton(t("duplicates.same"), () => decide(true)), actionButton(t("duplicates.different"), () => decide(false))));
    return node;
  }

  /** @param {DuplicateFile} copy */
  file(copy) {
    const file = fileOf(copy.file_id);
    const name = file ? titleOf(file) : nameOf(copy.path);
    const kind = [copy.format.toUpperCase(), clock(copy.duration_sec), t("duplicates.rate", { rate: count(copy.sample_rate) }), bytes(copy.size)].join(" · ");
    return el("li", { class: "line" }, file && playButton(name, () => [playable(file)]),
      el("span", { class: "said" }, el("a", { class: "name", href: address("track", [copy.file_id]) }, el("bdi", {}, name)), el("span", { class: "path" }, el("bdi", {}, breakable(clean(copy.path)))), el("span", { class: "hint" }, kind)),
      copy.best && el("span", { class: "badge best" }, t("duplicates.best", { why: maybe(`duplicates.why.${copy.why}`, copy.why) })));
  }
}
