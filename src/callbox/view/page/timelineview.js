// The view of time lines: one recording, or two that move together.

import { element, makeChoice } from "./elements.js";
import { formatDuration, plural } from "./format.js";
import { Overview } from "./overview.js";
import { TimeWindow } from "./window.js";
import { Timeline } from "./timeline.js";

/** The view. Times of each recording count from its first call. */
export class TimelineView {
  constructor(page) {
    this.page = page;
    this.time = new TimeWindow(Math.max(...page.recordings.map((recording) => recording.summary.duration)));
    this.lines = page.recordings.map((recording) => new Timeline(recording, page, this.time));
    this.overview = new Overview(page.recordings[0], page, this.time);
    this.span = element("span", { class: "hint", "aria-live": "polite" });
    this.time.listen(() => (this.span.textContent = `${formatDuration(this.time.span)} shown`));
    this.time.showAll();
    const stages = page.recordings.flatMap((recording, box) => (page.recordings.length > 1 ? [this.banner(recording, box), this.lines[box].box] : [this.lines[box].box]));
    this.box = element("section", { class: "view" }, this.tools(), this.overview.box, ...stages);
  }

  open() {
    this.refresh();
    this.lines[0].canvas.focus({ preventScroll: true });
  }

  refresh() {
    for (const line of this.lines) line.surface.invalidate();
    this.overview.surface.invalidate();
  }

  choose(kind) {
    for (const line of this.lines) line.choose(kind);
    for (const button of this.choice?.children ?? []) button.setAttribute("aria-pressed", String(button.dataset.value === kind));
  }

  tools() {
    const middle = () => (this.time.start + this.time.end) / 2;
    const button = (text, title, onclick) => element("button", { class: "icon", title, "aria-label": title, onclick }, text);
    const hasTasks = this.page.recordings.some((recording) => recording.summary.lanes.some((lane) => lane.kind === "task"));
    this.choice = hasTasks ? makeChoice("Lanes", [["threads", "Threads"], ["tasks", "Tasks"]], "threads", (kind) => this.choose(kind)) : null;
    return element(
      "div", { class: "tools" }, this.choice,
      button("−", "Zoom out (S)", () => this.time.zoom(1 / 0.6, middle())),
      button("+", "Zoom in (W)", () => this.time.zoom(0.6, middle())),
      button("⤢", "Show everything (0)", () => this.time.showAll()),
      this.span,
    );
  }

  banner(recording, box) {
    const { summary } = recording;
    return element("div", { class: "banner" }, element("b", {}, `${"AB"[box]}: ${summary.name}`), ` ${plural(summary.calls, "call")} in ${formatDuration(summary.duration)}`);
  }
}
