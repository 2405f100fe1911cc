// The ruler of the time line.

import { formatTick } from "./format.js";

export const AXIS_PX = 26;
const TICK_PX = 130;

/** Draw vertical lines and, above them, the times they stand for. */
export function drawAxis(context, palette, time, width, height) {
  const step = Math.max(1, width / TICK_PX);
  const ticks = globalThis.callboxD3.ticks(time.start, time.end, step).filter((tick) => tick >= 0);
  const apart = ticks.length > 1 ? ticks[1] - ticks[0] : time.span;
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, width, AXIS_PX);
  context.fillStyle = palette.line;
  context.fillRect(0, AXIS_PX - 1, width, 1);
  context.font = '450 11px "Callbox Mono", ui-monospace, monospace';
  context.textBaseline = "middle";
  for (const tick of ticks) {
    const x = Math.round(((tick - time.start) / time.span) * width);
    context.fillStyle = palette.line;
    context.fillRect(x, AXIS_PX - 7, 1, 7);
    context.fillStyle = palette.muted;
    context.fillText(formatTick(tick, apart), x + 5, AXIS_PX / 2);
  }
}

/** Draw the lines alone, below the bars. */
export function drawGrid(context, palette, time, width, height) {
  context.fillStyle = palette.faint;
  for (const tick of globalThis.callboxD3.ticks(time.start, time.end, Math.max(1, width / TICK_PX)))
    context.fillRect(Math.round(((tick - time.start) / time.span) * width), AXIS_PX, 1, height);
}
