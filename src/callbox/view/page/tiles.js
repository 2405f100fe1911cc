// Rectangles of a lane, fetched tile by tile and kept.

export const TILE_CELLS = 512;
export const TILE_LEVELS = 64;
const CELL_PX = 1.5;
const KEPT_TILES = 400;
const AT_ONCE = 6;
const FALLBACK_ZOOMS = 16;

/** The zoom at which a cell is one and a half to three pixels wide. */
export function zoomFor(nsPerPx) {
  return Math.max(0, Math.ceil(Math.log2(nsPerPx * CELL_PX)));
}

/** The tiles of a recording's lanes. Those asked for last are fetched first. */
export class TileStore {
  constructor(recording, onLoad) {
    this.recording = recording;
    this.onLoad = onLoad;
    this.tiles = new Map();
    this.waiting = [];
    this.busy = 0;
  }

  /** A tile, `isExact`, or a coarser one that covers its place; `columns` is null while there is neither. */
  get(lane, zoom, index, block) {
    const key = `${lane} ${zoom} ${index} ${block}`;
    const known = this.tiles.get(key);
    if (known?.columns) {
      this.tiles.delete(key);
      this.tiles.set(key, known);
      return { columns: known.columns, isExact: true };
    }
    if (!known) {
      this.tiles.set(key, {});
      this.waiting.push({ key, lane, zoom, index, block });
    }
    return { columns: this.coarser(lane, zoom, index, block), isExact: false };
  }

  /** Forget what was asked for and is not on its way: the view has moved on. */
  beginFrame() {
    for (const { key } of this.waiting) this.tiles.delete(key);
    this.waiting = [];
  }

  endFrame() {
    while (this.busy < AT_ONCE && this.waiting.length) this.fetch(this.waiting.shift());
  }

  coarser(lane, zoom, index, block) {
    for (let up = 1; up <= FALLBACK_ZOOMS; up++) {
      const columns = this.tiles.get(`${lane} ${zoom + up} ${Math.floor(index / 2 ** up)} ${block}`)?.columns;
      if (columns) return columns;
    }
    return null;
  }

  async fetch({ key, lane, zoom, index, block }) {
    this.busy++;
    try {
      this.tiles.set(key, { columns: await this.recording.source.ask("tile", { lane, zoom, index, block }) });
      while (this.tiles.size > KEPT_TILES) this.tiles.delete(this.tiles.keys().next().value);
      this.onLoad(null);
    } catch (error) {
      this.tiles.delete(key);
      this.onLoad(error);
    } finally {
      this.busy--;
      this.endFrame();
    }
  }
}
