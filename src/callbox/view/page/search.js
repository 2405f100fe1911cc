// The search for functions by name, and the way from one of their calls to the next.

import { byId } from "./elements.js";
import { formatCount } from "./format.js";

/** What is searched for. `matches` has a set of function numbers for each recording; null: nothing is. */
export class Search {
  constructor(page) {
    this.page = page;
    this.matches = null;
    this.steps = Promise.resolve(); // one at a time: each begins at the call that the one before has chosen
    this.input = byId("search");
    this.count = byId("search-count");
    this.input.addEventListener("input", () => this.find(this.input.value));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey);
      if (event.key === "Escape") this.clear();
    });
    byId("search-next").addEventListener("click", () => this.step(false));
    byId("search-previous").addEventListener("click", () => this.step(true));
  }

  find(text) {
    const wanted = text.trim();
    this.matches = wanted ? this.page.recordings.map((recording) => recording.matching(wanted)) : null;
    const n = this.matches?.reduce((sum, found) => sum + found.size, 0);
    this.count.textContent = this.matches ? (n ? formatCount(n) : "none") : "";
    this.count.title = this.matches ? `${n} functions match` : "";
    this.page.refresh();
  }

  clear() {
    this.input.value = "";
    this.input.blur();
    this.find("");
  }

  /** Choose the next call of a function that matches, in order of start; from the last, the first. */
  step(backwards) {
    this.steps = this.steps.then(() => this.take(backwards));
    return this.steps;
  }

  async take(backwards) {
    const box = this.matches?.findIndex((found) => found.size) ?? -1;
    if (box < 0) return;
    const { selection } = this.page;
    const after = selection?.box === box && selection.start !== undefined ? selection.start : backwards ? Number.MAX_SAFE_INTEGER : -1;
    try {
      const codes = [...this.matches[box]].slice(0, 500).join(",");
      const found = await this.page.recordings[box].source.ask("following", { codes, after, backwards: backwards ? 1 : 0 });
      if (found.row !== null) await this.page.selectCall(box, found.row);
    } catch (error) {
      this.page.fail(error);
    }
  }
}
