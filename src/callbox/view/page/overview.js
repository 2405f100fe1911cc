// All of the recording in a strip, with the stretch that the time line shows.

import { element } from "./elements.js";
import { Surface } from "./surface.js";
import { TILE_CELLS, TileStore, zoomFor } from "./tiles.js";

const HANDLE_PX = 7;

/** A strip to choose a stretch of time from. */
export class Overview {
  constructor(recording, page, time) {
    this.recording = recording;
    this.page = page;
    this.time = time;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.box = element("div", { class: "overview" }, this.canvas);
    this.surface = new Surface(this.canvas, (...arguments_) => this.draw(...arguments_));
    this.tiles = new TileStore(recording, (error) => (error ? page.fail(error) : this.surface.invalidate()));
    time.listen(() => this.surface.invalidate());
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", () => (this.grip = null));
    this.canvas.addEventListener("dblclick", () => time.showAll());
  }

  draw(context, width, height) {
    const { palette } = this.page;
    context.fillStyle = palette.panel;
    context.fillRect(0, 0, width, height);
    this.tiles.beginFrame();
    const lanes = this.recording.summary.lanes.flatMap((lane, number) => (lane.kind === "task" ? [] : [{ ...lane, number }]));
    const laneHeight = height / Math.min(lanes.length, Math.floor(height / 3));
    lanes.slice(0, Math.floor(height / 3)).forEach((lane, at) => this.drawLane(context, lane, at * laneHeight, laneHeight, width));
    this.tiles.endFrame();
    this.drawWindow(context, palette, width, height);
  }

  drawLane(context, lane, top, laneHeight, width) {
    const perPx = this.time.duration / width;
    const zoom = zoomFor(perPx);
    const levelHeight = Math.min((laneHeight - 1) / lane.levels, 6);
    for (let index = 0; index * TILE_CELLS * 2 ** zoom <= this.time.duration; index++) {
      const { columns } = this.tiles.get(lane.number, zoom, index, 0);
      for (let at = 0; columns && at < columns.row.length; at++) {
        context.fillStyle = this.page.palette.fill(this.recording.functionOf(columns.code[at]));
        const x = columns.start[at] / perPx;
        context.fillRect(x, top + columns.level[at] * levelHeight, Math.max(columns.end[at] / perPx - x, 0.6), Math.max(levelHeight, 0.8));
      }
    }
  }

  drawWindow(context, palette, width, height) {
    const left = Math.max(0, (this.time.start / this.time.duration) * width);
    const right = Math.min(width, (this.time.end / this.time.duration) * width);
    context.fillStyle = palette.ground;
    context.globalAlpha = 0.72;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    if (right - left > width - 1) return;
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.75, 0.75, Math.max(right - left - 1.5, 2), height - 1.5);
  }

  press(event) {
    const at = this.timeAt(event);
    const near = (HANDLE_PX / this.surface.width) * this.time.duration;
    const isIn = at > this.time.start + near && at < this.time.end - near && this.time.span < this.time.duration * 0.98;
    if (Math.abs(at - this.time.start) <= near) this.grip = { fixed: this.time.end };
    else if (Math.abs(at - this.time.end) <= near) this.grip = { fixed: this.time.start };
    else this.grip = isIn ? { offset: at - this.time.start } : { fixed: at };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.grip) return;
    const at = this.timeAt(event);
    if (this.grip.offset !== undefined) this.time.show(at - this.grip.offset, at - this.grip.offset + this.time.span);
    else this.time.show(Math.min(at, this.grip.fixed), Math.max(at, this.grip.fixed));
  }

  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.time.duration;
  }
}
