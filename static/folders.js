/** The music folders: how they are watched, when they were last looked through. */

import { post } from "./api.js";
import { breakable, byId, el, reconcile, setText, toast } from "./dom.js";
import { clean, counted, fromNow } from "./format.js";

const MODES = {
  events: "new files are noticed at once",
  polling: "looked through at intervals",
  starting: "starting to watch",
  failed: "not watched",
  off: "looked through on request",
};

/** Show the folders of a status. */
export function showFolders(folders) {
  reconcile(byId("folder-list"), folders.length ? folders : [null], (folder) => folder?.path ?? "none", create, update);
}

function create(folder) {
  if (!folder) {
    return el("li", { class: "empty" }, "No music folder yet. Start with ", el("code", {}, "--library"), " and the folder of your music.");
  }
  const look = el("button", { type: "button", class: "quiet", onclick: () => rescan(look, folder.path) }, "Look now");
  look.setAttribute("aria-label", `Look through ${clean(folder.path)} now`);
  return el("li", { class: "folder" },
    el("div", { class: "line" }, el("bdi", { class: "name path" }, breakable(clean(folder.path))), look),
    el("p", { class: "hint" }), el("p", { class: "fault small" }));
}

function update(node, folder) {
  if (!folder) return;
  const [line, hint, fault] = node.children;
  const facts = [counted(folder.files, "file"), folder.scanning ? "looking through it now" : MODES[folder.mode] ?? folder.mode];
  if (folder.last_scan) facts.push(`last looked ${fromNow(folder.last_scan)}`);
  if (folder.next_scan && !folder.scanning) facts.push(`next ${fromNow(folder.next_scan)}`);
  setText(hint, facts.join(" · "));
  const trouble = folder.online ? folder.reason : `Offline. ${folder.reason || "The folder cannot be read."} Nothing in it is forgotten.`;
  setText(fault, trouble ?? "");
  fault.hidden = !trouble;
  fault.classList.toggle("note", folder.online);
  node.classList.toggle("offline", !folder.online);
  line.lastElementChild.disabled = folder.scanning;
}

async function rescan(button, folder) {
  button.disabled = true;
  try {
    await post("scan", { folder });
    toast("Looking through the folder.");
  } catch (error) {
    toast(error.message, "bad");
    button.disabled = false;
  }
}
