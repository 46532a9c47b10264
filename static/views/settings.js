/** Settings: what the service does and when, written to its settings file. */

import { ApiError, get, messageOf, post } from "../api.js";
import { confirmed } from "../ask.js";
import { el, setText, toast } from "../dom.js";
import { clean } from "../format.js";
import { rich, t } from "../i18n.js";
import { actionButton, viewHeading } from "../parts.js";

/** @typedef {import("../fingerprint.d.ts").Preference} Preference */
/** @typedef {import("../fingerprint.d.ts").Preferences} Preferences */
/** @typedef {Preference["value"] | null} Value */
/** @typedef {{node: HTMLElement, value: () => Value}} Control */

/** Settings in display order. */
const SHOWN = /** @type {const} */ (["libraries", "quiet_hours", "busy_percent", "workers", "sidecars", "watching", "ignore", "system_folders", "follow_links_to"]);
/** @typedef {(typeof SHOWN)[number]} Name */
const CHOICES = /** @type {const} */ ({ sidecars: ["beside", "data-dir", "off"], watching: ["auto", "events", "polling", "off"] });
const NUMBERS = { busy_percent: { min: 0, max: 100, step: "any" }, workers: { min: 0, max: 64, step: 1 } };

/**
 * @param {HTMLElement} root
 * @param {import("../types.d.ts").Page} page
 * @returns {import("../types.d.ts").Mounted}
 */
export function mount(root, page) {
  const view = new SettingsView(root);
  return {
    async show({ query: { field = "" } }) {
      await view.load();
      const target = field && root.querySelector(`[data-setting="${CSS.escape(field)}"]`);
      if (!(target instanceof HTMLElement)) return;
      target.scrollIntoView({ block: "center" });
      /** @type {HTMLElement | null} */ (target.querySelector("input, select, textarea"))?.focus({ preventScroll: true });
      page.keep([]);
    },
    status: ({ state }) => view.showState(state),
    reconnected: () => view.changed.size === 0 && view.load(),
  };
}

class SettingsView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.version = "";
    /** @type {Map<string, Control>} */
    this.controls = new Map();
    /** @type {Set<string>} */
    this.changed = new Set();
    this.form = el("div", { class: "settings" });
    this.note = el("p", { class: "fault note", role: "status", hidden: true });
    this.place = el("p", { class: "hint" });
    this.save = actionButton(t("settings.save"), () => this.store(), { class: "primary", id: "save", disabled: true });
    this.undo = actionButton(t("settings.undo"), () => this.load(), { disabled: true });
    this.anyway = actionButton(t("settings.anyway"), async () => {
      await post("work-anyway");
      return t("settings.anyway-done");
    }, { id: "work-anyway", hidden: true });
    root.append(viewHeading(t("nav.settings")), this.note,
      el("section", { class: "card", "aria-label": t("nav.settings") }, this.form, el("div", { class: "actions bar-of" }, this.save, this.undo), this.place));
  }

  async load() {
    /** @type {Preferences} */
    let found;
    try {
      found = await get("settings");
    } catch (error) {
      this.form.replaceChildren(el("p", { class: "empty" }, messageOf(error)), actionButton(t("retry"), () => this.load()));
      return;
    }
    this.draw(found);
  }

  /** @param {Preferences} found */
  draw({ items, version, file }) {
    this.version = version;
    this.changed.clear();
    this.controls.clear();
    const known = new Map(items.map((item) => [item.name, item]));
    this.form.replaceChildren(...SHOWN.flatMap((name) => {
      const item = known.get(name);
      return item ? [this.field(name, item)] : [];
    }));
    const pending = items.filter((item) => item.pending);
    this.note.hidden = pending.length === 0;
    setText(this.note, pending.length ? t("settings.pending", { names: pending.map(({ name }) => t(`setting.${/** @type {Name} */ (name)}`)).join(", ") }) : "");
    this.place.replaceChildren(...rich("settings.file", { file: el("bdi", {}, clean(file)) }));
    this.showButtons();
  }

  /**
   * @param {Name} name
   * @param {Preference} item
   */
  field(name, item) {
    const fixed = item.origin === "environment" || item.origin === "program";
    const control = controlOf(name, item, () => {
      this.changed.add(name);
      this.showButtons();
    });
    this.controls.set(name, control);
    for (const input of [control.node, ...control.node.querySelectorAll("*")]) if ("disabled" in input && fixed) input.disabled = true;
    const facts = [
      item.origin === "default" ? t("settings.default") : fixed ? t(`settings.${/** @type {"environment" | "program"} */ (item.origin)}`) : t("settings.from-file"),
      ...(fixed ? [] : [t(item.restart ? "settings.restart" : "settings.at-once")]),
    ];
    return el("div", { class: "setting", "data-setting": name, role: "group", "aria-labelledby": `setting-${name}` },
      el("h2", { id: `setting-${name}` }, t(`setting.${name}`)), el("p", { class: "hint" }, t(`setting.${name}-hint`)),
      control.node, name === "quiet_hours" && this.anyway, el("p", { class: "hint facts-of" }, facts.join(" · ")));
  }

  /** @param {import("../fingerprint.d.ts").Status["state"]} state */
  showState(state) {
    this.anyway.hidden = state !== "quiet_hours";
  }

  showButtons() {
    this.save.disabled = this.undo.disabled = this.changed.size === 0;
  }

  async store() {
    const changes = Object.fromEntries([...this.changed].map((name) => [name, this.controls.get(name)?.value() ?? null]));
    try {
      this.draw(await post("settings", { version: this.version, changes }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "settings_changed") throw error;
      if (await confirmed({ title: t("settings.conflict"), text: t("settings.conflict-text"), action: t("settings.reload") })) await this.load();
      return;
    } finally {
      setTimeout(() => this.showButtons()); // after the button is enabled again
    }
    toast(t("settings.saved"));
  }
}

/**
 * Create the control of a setting.
 *
 * @param {Name} name
 * @param {Preference} item
 * @param {() => void} changed
 * @returns {Control}
 */
function controlOf(name, { value }, changed) {
  const label = t(`setting.${name}`);
  if (Array.isArray(value)) return listControl(label, value, changed);
  if (name === "quiet_hours") return hoursControl(label, String(value), changed);
  if (name in CHOICES) {
    const options = CHOICES[/** @type {keyof typeof CHOICES} */ (name)];
    const select = el("select", { "aria-label": label, onchange: changed }, options.map((one) => el("option", { value: one, selected: one === value }, t(/** @type {import("../i18n.js").Key} */ (`setting.${name}.${one}`)))));
    return { node: el("div", { class: "field narrow" }, select), value: () => select.value };
  }
  const input = el("input", { type: "number", "aria-label": label, value: String(value), required: true, ...NUMBERS[/** @type {keyof typeof NUMBERS} */ (name)], oninput: changed });
  return { node: el("div", { class: "field narrow" }, input), value: () => (input.value === "" ? null : Number(input.value)) };
}

/**
 * A list of texts, one a line.
 *
 * @param {string} label
 * @param {string[]} value
 * @param {() => void} changed
 * @returns {Control}
 */
function listControl(label, value, changed) {
  const area = el("textarea", { "aria-label": label, rows: Math.min(8, Math.max(2, value.length + 1)), spellcheck: "false", oninput: changed });
  area.value = value.join("\n");
  return { node: el("div", { class: "field" }, area), value: () => area.value.split("\n").map((line) => line.trim()).filter(Boolean) };
}

/**
 * Quiet hours: two times of day, or none.
 *
 * @param {string} label
 * @param {string} value
 * @param {() => void} changed
 * @returns {Control}
 */
function hoursControl(label, value, changed) {
  const [from = "", to = ""] = value.split("-");
  const input = (/** @type {string} */ time, /** @type {string} */ name) => el("input", { type: "time", value: time, "aria-label": `${label}: ${name}`, oninput: changed });
  const [start, end] = [input(from, t("filters.from")), input(to, t("filters.to"))];
  const node = el("div", { class: "field hours" }, start, el("span", { "aria-hidden": "true" }, "–"), end, el("button", { type: "button", class: "quiet", onclick: () => {
    start.value = end.value = "";
    changed();
  } }, t("settings.none")));
  return { node, value: () => (start.value && end.value ? `${start.value}-${end.value}` : null) };
}
