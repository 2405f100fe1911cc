// The stretch of time that is shown.

const NARROWEST_NS = 20;
const MARGIN = 0.02;

/** A stretch of time; tells listeners when it changes. */
export class TimeWindow {
  constructor(duration) {
    this.duration = duration;
    this.listeners = [];
    this.showAll();
  }

  get span() {
    return this.end - this.start;
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  showAll() {
    this.show(-this.duration * MARGIN, this.duration * (1 + MARGIN));
  }

  /** Show from one time to another, as far as the recording goes. */
  show(start, end) {
    const widest = this.duration * (1 + 2 * MARGIN);
    const span = Math.min(Math.max(end - start, NARROWEST_NS), widest);
    const lowest = -this.duration * MARGIN;
    const centre = (start + end) / 2;
    this.start = Math.min(Math.max(centre - span / 2, lowest), lowest + widest - span);
    this.end = this.start + span;
    for (const listener of this.listeners) listener();
  }

  /** Show `factor` times as much around a time, which stays where it is. */
  zoom(factor, at) {
    this.show(at - (at - this.start) * factor, at + (this.end - at) * factor);
  }

  pan(ns) {
    this.show(this.start + ns, this.end + ns);
  }

  /** Show a call with some room around it. */
  frame(start, end) {
    const room = Math.max((end - start) * 0.25, NARROWEST_NS);
    this.show(start - room, end + room);
  }

  /** Bring a call into view; the zoom changes only if it would be too small to see, or fill the page. */
  reveal(start, end) {
    const isSeen = end > this.start && start < this.end;
    if (end - start < this.span / 400 || end - start > this.span * 2) this.frame(start, end);
    else if (!isSeen) this.show((start + end - this.span) / 2, (start + end + this.span) / 2);
  }
}
