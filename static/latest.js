/** Views of one thing that follow the service: the latest answer is shown, and drawn only if it differs from what is shown. */

import { atMostEvery } from "./dom.js";
import { backLink } from "./frame.js";
import { t } from "./i18n.js";
import { viewHeading } from "./parts.js";

/**
 * Return a loader of answers. Of overlapping requests the latest counts; the answers and errors of others are dropped.
 *
 * @template Answer
 * @param {() => Promise<Answer>} fetch
 * @param {(answer: Answer) => void} draw called with an answer that differs from the last one
 */
export function latest(fetch, draw) {
  let drawn = "";
  let requests = 0;
  return {
    /** Draw the next answer in any case: the content has been replaced. Requests under way are dropped. */
    forget() {
      drawn = "";
      requests += 1;
    },
    async load() {
      const request = (requests += 1);
      let answer;
      try {
        answer = await fetch();
      } catch (error) {
        if (request !== requests) return;
        throw error;
      }
      const text = JSON.stringify(answer);
      if (request !== requests || text === drawn) return;
      drawn = text;
      draw(answer);
    },
  };
}

/**
 * Mount a view that is fetched as a whole, and again when tracks, tags or the connection change.
 *
 * @template Answer
 * @param {HTMLElement} root
 * @param {() => Promise<Answer>} fetch
 * @param {(answer: Answer) => void} draw
 * @returns {import("./types.d.ts").Mounted}
 */
export function mountLatest(root, fetch, draw) {
  const { forget, load } = latest(fetch, draw);
  const refresh = atMostEvery(2000, () => load().catch(() => undefined)); // the connection notice reports it
  return {
    async show() {
      forget();
      root.replaceChildren(backLink(), viewHeading(t("loading")));
      await load();
      root.querySelector("h1")?.focus({ preventScroll: true });
    },
    tags: refresh,
    result: refresh,
    missed: refresh,
  };
}
