// The time line of one recording: a flame chart on a canvas.

import { AXIS_PX, drawAxis, drawGrid } from "./axis.js";
import { BAR_PX, Bars, LABEL_MIN_PX, ROW_PX } from "./bars.js";
import { element, hideTip, showTip } from "./elements.js";
import { formatDuration, labelOf, plural } from "./format.js";
import { LaneList } from "./lanelist.js";
import { OUTCOME, OUTCOME_NAMES } from "./recording.js";
import { Surface } from "./surface.js";
import { TILE_CELLS, TILE_LEVELS, TileStore, zoomFor } from "./tiles.js";

const WHEEL_ZOOM = 1.0016;
const DRAG_PX = 4;
const STICKY_PX = 26;
const SCROLLBAR_PX = 5;
const SCROLLBAR_LEAST_PX = 24;

/** One recording's lanes over time. */
export class Timeline {
  constructor(recording, page, time) {
    this.recording = recording;
    this.page = page;
    this.time = time;
    this.lanes = new LaneList(recording, "threads");
    this.bars = new Bars(page.palette);
    this.top = 0;
    this.canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": `Time line of ${recording.summary.name}` });
    this.box = element("div", { class: "stage timeline" }, this.canvas);
    this.surface = new Surface(this.canvas, (...arguments_) => this.draw(...arguments_));
    this.tiles = new TileStore(recording, (error) => (error ? page.fail(error) : this.surface.invalidate()));
    time.listen(() => this.surface.invalidate());
    this.listen();
  }

  /** Show threads or tasks. */
  choose(kind) {
    this.lanes.choose(kind);
    this.scrollTo(0);
  }

  /** Bring a call into view; `places` as the server gives them. */
  reveal(places) {
    const place = places[this.lanes.kind] ?? places.threads ?? places.tasks;
    if (!place) return;
    if (place !== places[this.lanes.kind]) this.page.chooseLanes(place === places.tasks ? "tasks" : "threads");
    this.time.reveal(place.start, place.end);
    const lane = this.lanes.of(place.lane);
    if (lane.isFolded) this.lanes.fold(lane.number);
    const y = this.lanes.of(place.lane).bars + place.level * ROW_PX;
    const room = this.surface.height - AXIS_PX;
    if (y < this.top + STICKY_PX || y + ROW_PX > this.top + room) this.scrollTo(y - room / 2);
    this.surface.invalidate();
  }

  scrollTo(top) {
    this.top = Math.max(0, Math.min(top, this.lanes.height - this.surface.height + AXIS_PX));
    this.surface.invalidate();
  }

  draw(context, width, height) {
    const { palette } = this.page;
    this.nsPerPx = this.time.span / width;
    context.fillStyle = palette.ground;
    context.fillRect(0, 0, width, height);
    drawGrid(context, palette, this.time, width, height);
    this.tiles.beginFrame();
    this.bars.begin(context);
    for (const lane of this.lanes.between(this.top, this.top + height - AXIS_PX)) this.drawLane(lane, width, height);
    this.tiles.endFrame();
    drawAxis(context, palette, this.time, width, height);
    this.drawScrollbar(context, width, height - AXIS_PX);
    this.isDrawn = true;
  }

  drawScrollbar(context, width, room) {
    if (this.lanes.height <= room) return;
    const length = Math.max(SCROLLBAR_LEAST_PX, (room / this.lanes.height) * room);
    const y = AXIS_PX + (this.top / (this.lanes.height - room)) * (room - length);
    context.fillStyle = this.page.palette.muted;
    context.globalAlpha = 0.45;
    context.fillRect(width - SCROLLBAR_PX - 2, y, SCROLLBAR_PX, length);
    context.globalAlpha = 1;
  }

  drawLane(lane, width, height) {
    const zoom = zoomFor(this.nsPerPx);
    const tileNs = TILE_CELLS * 2 ** zoom;
    const shift = AXIS_PX - this.top;
    const firstLevel = Math.max(0, Math.floor((this.top - lane.bars) / ROW_PX));
    const lastLevel = Math.min(lane.levels - 1, Math.floor((this.top + height - AXIS_PX - lane.bars) / ROW_PX));
    const firstTile = Math.max(0, Math.floor(this.time.start / tileNs));
    const lastTile = Math.floor(Math.min(this.time.end, this.time.duration) / tileNs);
    const drawn = new Set();
    const view = { width, shift, firstLevel, lastLevel, drawn };
    const [coarse, exact] = [[], []];
    for (let block = Math.floor(firstLevel / TILE_LEVELS); block <= Math.floor(lastLevel / TILE_LEVELS); block++) {
      for (let index = firstTile; index <= lastTile; index++) {
        const { columns, isExact } = this.tiles.get(lane.number, zoom, index, block);
        if (!columns) this.drawPending(lane, Math.max(0, this.x(index * tileNs)), Math.min(width, this.x((index + 1) * tileNs)), shift);
        else (isExact ? exact : coarse).push(columns);
      }
    }
    const tiles = [...coarse, ...exact];
    for (const { waits } of tiles) if (waits) this.drawWaits(lane, waits, view);
    for (const columns of tiles) this.drawTile(lane, columns, view);
    this.drawHeading(lane, width, shift);
  }

  drawPending(lane, left, right, shift) {
    const { context } = this.bars;
    context.fillStyle = this.page.palette.faint;
    context.fillRect(left, lane.bars + shift, right - left, lane.levels * ROW_PX);
  }

  drawTile(lane, columns, view) {
    const { palette } = this.page;
    const wanted = this.page.search.matches?.[this.recording.box];
    const selected = this.page.selectedRow(this.recording.box);
    for (let at = 0; at < columns.row.length; at++) {
      const level = columns.level[at];
      if (level < view.firstLevel || level > view.lastLevel) continue;
      const x = this.x(columns.start[at]);
      const end = this.x(columns.end[at]);
      if (end < -1 || x > view.width + 1) continue;
      // A call that several tiles show is one bar, with one label.
      if (columns.count[at] === 1 && end - x > 2 && view.drawn.size === view.drawn.add(`${level} ${columns.start[at]}`).size) continue;
      const code = columns.code[at];
      const fn = this.recording.functionOf(code);
      const isOne = columns.count[at] === 1;
      const isMatch = Boolean(wanted?.has(code));
      this.bars.add(
        {
          x, y: lane.bars + level * ROW_PX + view.shift, width: end - x,
          fill: palette.fill(fn), label: end - x < LABEL_MIN_PX ? "" : isOne ? labelOf(fn) : plural(columns.count[at], "call"), isMatch, isDimmed: Boolean(wanted) && !isMatch,
          isFaint: !isOne, isRaised: isOne && columns.outcome[at] === OUTCOME.RAISED, isSelected: isOne && columns.row[at] === selected,
          row: columns.row[at], code, count: columns.count[at], outcome: columns.outcome[at], start: columns.start[at], end: columns.end[at],
        },
        0, view.width,
      );
    }
  }

  /** Behind the bars: calls that wait for others, from begin to end. */
  drawWaits(lane, waits, { width, shift, firstLevel, lastLevel }) {
    const { context } = this.bars;
    context.fillStyle = this.page.palette.wait;
    for (let at = 0; at < waits.row.length; at++) {
      const x = Math.max(0, this.x(waits.start[at]));
      const room = Math.min(width, this.x(waits.end[at])) - x;
      if (room > 0 && waits.level[at] >= firstLevel && waits.level[at] <= lastLevel)
        context.fillRect(x, lane.bars + waits.level[at] * ROW_PX + shift + 3, Math.max(room, 0.75), BAR_PX - 6);
    }
  }

  drawHeading(lane, width, shift) {
    const { context } = this.bars;
    const { palette } = this.page;
    const lowest = lane.bars + lane.levels * ROW_PX + shift - STICKY_PX;
    const y = Math.max(lane.top + shift, Math.min(AXIS_PX, lowest));
    context.fillStyle = palette.ground;
    context.globalAlpha = 0.92;
    context.fillRect(0, y, width, STICKY_PX - 2);
    context.globalAlpha = 1;
    context.fillStyle = palette.muted;
    context.fillText(lane.isFolded ? "▸" : "▾", 8, y + STICKY_PX / 2);
    context.font = '600 12px "Callbox Sans", system-ui, sans-serif';
    context.fillStyle = palette.ink;
    context.fillText(lane.title, 24, y + STICKY_PX / 2);
    const after = 24 + context.measureText(lane.title).width + 12;
    context.font = '500 11.5px "Callbox Sans", system-ui, sans-serif';
    context.fillStyle = palette.muted;
    context.fillText(lane.note, after, y + STICKY_PX / 2);
  }

  x(ns) {
    return (ns - this.time.start) / this.nsPerPx;
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => hideTip(this));
    canvas.addEventListener("dblclick", (event) => this.zoomInto(this.barAt(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode ? 16 : 1;
    if (event.ctrlKey || event.metaKey) this.time.zoom(WHEEL_ZOOM ** (event.deltaY * pixels * (event.ctrlKey ? 2 : 1)), this.timeAt(event));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.time.pan((event.deltaX || event.deltaY) * pixels * this.nsPerPx);
    else this.scrollTo(this.top + event.deltaY * pixels);
  }

  press(event) {
    if (event.button !== 0) return;
    this.grip = { x: event.clientX, y: event.clientY, top: this.top, start: this.time.start, isDrag: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.grip) {
      this.hover(event);
      return;
    }
    const { grip } = this;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    grip.isDrag ||= Math.hypot(dx, dy) > DRAG_PX;
    if (!grip.isDrag) return;
    hideTip(this);
    this.canvas.classList.add("dragged");
    const start = grip.start - dx * this.nsPerPx;
    this.time.show(start, start + this.time.span);
    this.scrollTo(grip.top - dy);
  }

  release(event) {
    const { grip } = this;
    this.grip = null;
    this.canvas.classList.remove("dragged");
    if (!grip || grip.isDrag) return;
    const bar = this.barAt(event);
    if (bar && bar.count > 1) this.zoomInto(bar);
    else if (bar) this.page.selectCall(this.recording.box, bar.row);
    else this.foldAt(event);
  }

  foldAt(event) {
    const lane = this.lanes.headingAt(this.place(event).y - AXIS_PX + this.top);
    if (lane) {
      this.lanes.fold(lane.number);
      this.scrollTo(this.top);
    }
  }

  foldAll() {
    this.lanes.foldAll();
    this.scrollTo(0);
  }

  zoomInto(bar) {
    if (bar) this.time.frame(bar.start, bar.end);
  }

  hover(event) {
    const bar = this.barAt(event);
    this.canvas.classList.toggle("pointed", Boolean(bar));
    if (!bar) {
      hideTip(this);
      return;
    }
    const fn = this.recording.functionOf(bar.code);
    const lines = [bar.count > 1 ? plural(bar.count, "call") : labelOf(fn), formatDuration(bar.end - bar.start)];
    if (bar.count > 1) lines.push(`longest: ${labelOf(fn)}`, "click to look closer");
    else if (fn) lines.push(`${fn.module}${fn.line ? `:${fn.line}` : ""}`);
    if (bar.count === 1 && bar.outcome !== OUTCOME.RETURNED) lines.push(OUTCOME_NAMES[bar.outcome]);
    showTip(this, event, lines);
  }

  key(event) {
    const pan = this.time.span / 8;
    const middle = (this.time.start + this.time.end) / 2;
    const actions = {
      ArrowLeft: () => this.time.pan(-pan), a: () => this.time.pan(-pan),
      ArrowRight: () => this.time.pan(pan), d: () => this.time.pan(pan),
      ArrowUp: () => this.scrollTo(this.top - 3 * ROW_PX), ArrowDown: () => this.scrollTo(this.top + 3 * ROW_PX),
      PageUp: () => this.scrollTo(this.top - this.surface.height / 2), PageDown: () => this.scrollTo(this.top + this.surface.height / 2),
      w: () => this.time.zoom(0.6, middle), "+": () => this.time.zoom(0.6, middle), "=": () => this.time.zoom(0.6, middle),
      s: () => this.time.zoom(1 / 0.6, middle), "-": () => this.time.zoom(1 / 0.6, middle),
      "[": () => this.scrollTo(this.lanes.before(this.top)), "]": () => this.scrollTo(this.lanes.after(this.top)),
      f: () => this.foldAll(),
      0: () => this.time.showAll(), Home: () => this.time.showAll(),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? null : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  barAt(event) {
    const { x, y } = this.place(event);
    return y < AXIS_PX ? null : this.bars.at(x, y);
  }

  timeAt(event) {
    return this.time.start + this.place(event).x * this.nsPerPx;
  }
}
