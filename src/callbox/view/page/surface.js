// A canvas that is as large as its box and as sharp as the screen, drawn at most once a frame.

/** Calls `draw(context, width, height)` when it must. */
export class Surface {
  constructor(canvas, draw) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.draw = draw;
    this.isDue = false;
    new ResizeObserver(() => this.invalidate()).observe(canvas.parentElement);
  }

  get width() {
    return this.canvas.parentElement.clientWidth;
  }

  get height() {
    return this.canvas.parentElement.clientHeight;
  }

  /** Draw again with the next frame. */
  invalidate() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.paint();
    });
  }

  paint() {
    const { width, height } = this;
    if (!width || !height) return;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw(this.context, width, height);
  }
}
