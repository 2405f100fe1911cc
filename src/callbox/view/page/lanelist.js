// The lanes of a time line, one above the other.

import { labelOf, plural } from "./format.js";
import { ROW_PX } from "./bars.js";

const HEADING_PX = 26;
const GAP_PX = 12;
const BOTTOM_PX = 40;

/** Lanes with their places, in px from the top of the time line's content. */
export class LaneList {
  constructor(recording, kind) {
    this.recording = recording;
    this.hasProcesses = new Set(recording.summary.lanes.map((lane) => lane.process)).size > 1;
    this.folded = new Set();
    this.choose(kind);
  }

  /** Show threads (and greenlets), or tasks. */
  choose(kind) {
    this.kind = kind;
    this.numbers = this.recording.summary.lanes.flatMap((lane, number) => ((lane.kind === "task") === (kind === "tasks") ? [number] : []));
    this.place();
  }

  fold(number) {
    if (!this.folded.delete(number)) this.folded.add(number);
    this.place();
  }

  /** Fold every lane; if all are, unfold them. */
  foldAll() {
    this.folded = new Set(this.lanes.every((lane) => lane.isFolded) ? [] : this.numbers);
    this.place();
  }

  /** The top of the lane above a height. */
  before(y) {
    return this.lanes.findLast((lane) => lane.top < y)?.top ?? 0;
  }

  /** The top of the lane below a height. */
  after(y) {
    return this.lanes.find((lane) => lane.top > y)?.top ?? y;
  }

  place() {
    let top = 0;
    this.lanes = this.numbers.map((number) => {
      const lane = this.recording.summary.lanes[number];
      const isFolded = this.folded.has(number);
      const placed = { number, top, bars: top + HEADING_PX, levels: isFolded ? 0 : lane.levels, isFolded, title: this.title(lane), note: this.note(lane) };
      top = placed.bars + placed.levels * ROW_PX + GAP_PX;
      return placed;
    });
    this.height = top + BOTTOM_PX;
  }

  /** Lanes that show between two heights. */
  between(top, bottom) {
    return this.lanes.filter((lane) => lane.bars + lane.levels * ROW_PX > top && lane.top < bottom);
  }

  /** The lane whose heading is at a height. */
  headingAt(y) {
    return this.lanes.find((lane) => y >= lane.top && y < lane.bars) ?? null;
  }

  of(number) {
    return this.lanes.find((lane) => lane.number === number) ?? null;
  }

  title(lane) {
    if (lane.kind === "task") return `Task ${lane.number}: ${labelOf(this.recording.functionOf(lane.root))}`;
    return lane.kind === "greenlet" ? `${lane.thread}, greenlet ${lane.number}` : lane.thread;
  }

  note(lane) {
    const parts = [];
    if (this.hasProcesses) parts.push(`process ${lane.process}`);
    if (lane.kind === "task") parts.push(lane.thread);
    if (lane.dropped && lane.kind === "thread") parts.push(`${plural(lane.dropped, "older event")} lost`);
    return parts.join(" · ");
  }
}
