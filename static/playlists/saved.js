/** Playlists that the reader has kept in this browser. */

/** @typedef {{name: string, files: number[], at: number}} Saved */

const KEY = "auralis-playlists";
const MOST = 200;

/**
 * Return the kept playlists, the newest first. What another version or page has written there counts as none.
 *
 * @returns {Saved[]}
 */
export function savedLists() {
  try {
    const lists = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(lists) ? lists.filter(isSaved) : [];
  } catch {
    return []; // not JSON, or storage is not allowed
  }
}

/**
 * Keep a playlist; one of the same name is replaced. Returns false if the browser does not allow it.
 *
 * @param {string} name
 * @param {number[]} files
 */
export const saveList = (name, files) => store([{ name, files, at: Date.now() }, ...savedLists().filter((one) => one.name !== name)].slice(0, MOST));

/** @param {string} name */
export const forgetList = (name) => store(savedLists().filter((one) => one.name !== name));

/** @param {Saved[]} lists */
function store(lists) {
  try {
    localStorage.setItem(KEY, JSON.stringify(lists));
    return true;
  } catch {
    return false;
  }
}

/** @param {any} one */
const isSaved = (one) => typeof one?.name === "string" && Array.isArray(one.files) && one.files.every(Number.isInteger);
