// The bars of time line and flame graph, and what lies under the pointer.

export const ROW_PX = 19;
export const BAR_PX = 18;
const TEXT_PX = 11.5;
const PAD_PX = 5;
export const LABEL_MIN_PX = 26;
const DIMMED = 0.22;

/** Draws bars and remembers where. */
export class Bars {
  constructor(palette) {
    this.palette = palette;
    this.widths = new Map();
    this.drawn = [];
  }

  begin(context) {
    this.context = context;
    this.drawn = [];
    context.font = `500 ${TEXT_PX}px "Callbox Sans", system-ui, sans-serif`;
    context.textBaseline = "middle";
  }

  /**
   * Draw a bar.
   * bar: { x, y, width, fill, label, isMatch, isDimmed, isFaint, isRaised, isSelected, ...whatever a click needs }
   */
  add(bar, left, right) {
    const x = Math.max(bar.x, left - 2);
    const width = Math.max(Math.min(bar.x + bar.width, right + 2) - x, 0.75);
    const { context, palette } = this;
    context.globalAlpha = bar.isDimmed ? DIMMED : bar.isFaint ? 0.62 : 1;
    context.fillStyle = bar.isMatch ? palette.accent : bar.fill;
    context.fillRect(x, bar.y, width > 3 ? width - 0.8 : width, BAR_PX);
    if (bar.isRaised && width > 1.5) {
      context.fillStyle = palette.danger;
      context.fillRect(bar.x + bar.width - Math.min(3.5, width / 2), bar.y, Math.min(3, width / 2), BAR_PX);
    }
    if (width > LABEL_MIN_PX && bar.label) {
      context.fillStyle = bar.isMatch ? "#fff" : palette.barInk;
      const shownLeft = Math.max(x, left);
      this.text(bar.label, shownLeft + PAD_PX, bar.y + BAR_PX / 2 + 0.5, Math.min(x + width, right) - shownLeft - 2 * PAD_PX);
    }
    context.globalAlpha = 1;
    if (bar.isSelected) {
      context.strokeStyle = palette.ink;
      context.lineWidth = 2;
      context.strokeRect(x + 1, bar.y + 1, Math.max(width - 2.8, 1), BAR_PX - 2);
    }
    this.drawn.push(bar);
  }

  text(label, x, y, room) {
    if (room < 8) return;
    const whole = this.measure(label);
    if (whole <= room) {
      this.context.fillText(label, x, y);
      return;
    }
    const n = Math.floor((label.length * (room - 8)) / whole);
    if (n >= 2) this.context.fillText(`${label.slice(0, n)}…`, x, y);
  }

  measure(label) {
    let width = this.widths.get(label);
    if (width === undefined) this.widths.set(label, (width = this.context.measureText(label).width));
    return width;
  }

  /** The bar at a place; the one drawn last where several are. */
  at(x, y) {
    for (let place = this.drawn.length - 1; place >= 0; place--) {
      const bar = this.drawn[place];
      if (y >= bar.y && y < bar.y + BAR_PX && x >= bar.x - 1 && x <= bar.x + Math.max(bar.width, 2)) return bar;
    }
    return null;
  }
}
