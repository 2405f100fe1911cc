// The exceptions of a recording, in order of time.

import { element, makeChoice } from "./elements.js";
import { formatDuration, labelOf, plural } from "./format.js";

const SHOWN_FRAMES = 6;

/** The view of exceptions. */
export class Exceptions {
  constructor(page) {
    this.page = page;
    this.entries = [];
    this.list = element("ol", { class: "flights" });
    this.more = element("button", { class: "more", onclick: () => this.next().catch((error) => page.fail(error)) }, "Show more");
    this.heading = element("span", { class: "hint" });
    const names = page.recordings.map((recording, box) => [box, `${"AB"[box]}: ${recording.summary.name}`]);
    const choice = names.length > 1 ? makeChoice("Recording", names, 0, (box) => this.show(Number(box)).catch((error) => page.fail(error))) : null;
    this.box = element("section", { class: "view" }, element("div", { class: "tools" }, choice, this.heading), element("div", { class: "scrolled" }, this.list, this.more));
  }

  async open() {
    if (this.shown === undefined) await this.show(0);
    this.refresh();
  }

  /** Mark the exceptions that left a function that is searched for. */
  refresh() {
    const wanted = this.page.search.matches?.[this.shown ?? 0];
    this.entries.forEach((entry, at) => this.list.children[at].classList.toggle("dimmed", Boolean(wanted) && !entry.left.some((code) => wanted.has(code))));
  }

  async show(box) {
    this.shown = box;
    this.nextPage = 0;
    this.entries = [];
    this.list.replaceChildren();
    await this.next();
  }

  async next() {
    const recording = this.page.recordings[this.shown];
    const answer = await recording.ask("exceptions", { page: this.nextPage });
    this.nextPage++;
    this.entries.push(...answer.entries);
    this.list.append(...answer.entries.map((entry) => this.item(recording, entry)));
    this.more.hidden = this.nextPage * answer.per_page >= answer.count;
    this.refresh();
    const how = recording.summary.has_values ? "" : " What was raised is recorded in mode trace.";
    this.heading.textContent = answer.count ? `${plural(answer.count, "exception")}, in order of time.${how}` : "No exception left a recorded call.";
  }

  item(recording, entry) {
    const names = entry.left.map((code) => labelOf(recording.functionOf(code)));
    const shown = names.slice(0, SHOWN_FRAMES);
    if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
    const end = entry.escaped ? "and out of what was recorded" : `into ${labelOf(recording.functionOf(entry.handler))}`;
    const pick = () => this.page.selectCall(recording.box, entry.row);
    return element(
      "li",
      { tabindex: "0", onclick: pick, onkeydown: (event) => event.key === "Enter" && pick() },
      element("span", { class: "when" }, formatDuration(entry.end)),
      element("div", {}, element("code", { class: "raised" }, entry.text ?? "exception"), element("div", { class: "way" }, `left ${shown.join(" → ")} ${end}`)),
    );
  }
}
