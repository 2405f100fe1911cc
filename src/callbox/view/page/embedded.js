// Answers from the page itself, where it was written to a file: the same questions as the server gets.

import { TILE_CELLS, TILE_LEVELS } from "./tiles.js";

const MOST_RECTANGLES = 6000;

/** The sources of the recordings that this page holds; null where a server shows it. */
export async function embeddedSources() {
  const holder = document.getElementById("callbox-recordings");
  if (!holder) return null;
  const recordings = JSON.parse(new TextDecoder().decode(await inflate(holder.textContent)));
  return Promise.all(recordings.map(async (recording) => new EmbeddedSource(recording, await unpack(recording.lanes))));
}

async function unpack(lanes) {
  return Promise.all(lanes.map(async (lane) => ({ bars: await unpackTrack(lane.bars), waits: lane.waits && (await unpackTrack(lane.waits)) })));
}

function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

async function unpackTrack({ bounds, data }) {
  const buffer = await inflate(data);
  const n = bounds.at(-1);
  return {
    bounds,
    start: new Float64Array(buffer, 0, n), end: new Float64Array(buffer, 8 * n, n),
    row: new Uint32Array(buffer, 16 * n, n), code: new Uint32Array(buffer, 20 * n, n), outcome: new Uint8Array(buffer, 24 * n, n),
  };
}

/** One recording that came with the page. */
class EmbeddedSource {
  constructor(recording, lanes) {
    this.recording = recording;
    this.lanes = lanes;
  }

  async ask(name, parameters = {}) {
    if (name === "tile") return this.tile(parameters);
    if (name === "flame") return belowNode(this.recording.flame, parameters.root);
    if (name === "call") return this.held("calls", parameters.row, "this call");
    if (name === "function") return this.held("functions", parameters.code, "this function");
    if (name === "exceptions") return this.recording.exceptions[parameters.page];
    if (name === "following") return this.following(parameters);
    return this.recording[name];
  }

  held(kind, key, what) {
    const found = this.recording[kind][key];
    if (!found) throw new Error(`This file has no details of ${what}: they are in the recording, which callbox view shows whole.`);
    return found;
  }

  tile({ lane, zoom, index, block }) {
    const { bars, waits } = this.lanes[lane];
    const columns = cutTile(bars, zoom, index, block);
    return waits ? { ...columns, waits: cutTile(waits, zoom, index, block) } : columns;
  }

  following({ codes, after, backwards }) {
    const wanted = new Set(codes.split(",").map(Number));
    const entries = Object.values(this.recording.calls).filter((call) => wanted.has(call.code)).sort((a, b) => a.start - b.start);
    const further = entries.filter((call) => (backwards ? call.start < after : call.start > after));
    const entry = (further.length ? further : entries).at(backwards ? -1 : 0);
    return entry ? { row: entry.row, count: entries.length, places: entry.places, entry } : { row: null, count: 0 };
  }
}

/** Rectangles of a window, those narrower than a cell together: what `track.py` does, on what the file holds. */
function cutTile(track, zoom, index, block) {
  for (let cell = 2 ** zoom; ; cell *= 2) {
    const columns = condense(track, index * TILE_CELLS * 2 ** zoom, TILE_CELLS * 2 ** zoom, block, cell);
    if (columns.row.length <= MOST_RECTANGLES || cell >= TILE_CELLS * 2 ** zoom) return columns;
  }
}

function condense(track, from, span, block, cell) {
  const columns = { level: [], start: [], end: [], row: [], count: [], code: [], outcome: [] };
  const last = Math.min((block + 1) * TILE_LEVELS, track.bounds.length - 1);
  for (let level = block * TILE_LEVELS; level < last; level++) {
    let group = null;
    const begin = firstEndingAfter(track, track.bounds[level], track.bounds[level + 1], from);
    for (let at = begin; at < track.bounds[level + 1] && track.start[at] < from + span; at++) {
      const [start, end] = [track.start[at], track.end[at]];
      const place = Math.floor(start / cell);
      const isNarrow = end - start < cell;
      const isSame = isNarrow && group?.isNarrow && group.place === place;
      if (!isSame) {
        group = { isNarrow, place, at: columns.row.length, longest: -1 };
        for (const [name, value] of Object.entries({ level, start, end, row: 0, count: 0, code: 0, outcome: 0 })) columns[name].push(value);
      }
      columns.end[group.at] = Math.max(columns.end[group.at], end);
      columns.count[group.at]++;
      if (end - start > group.longest) {
        group.longest = end - start;
        for (const name of ["row", "code", "outcome"]) columns[name][group.at] = track[name][at];
      }
    }
  }
  return columns;
}

function firstEndingAfter(track, low, high, time) {
  let [first, last] = [low, high];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (track.end[middle] < time) first = middle + 1;
    else last = middle;
  }
  return first;
}

/** A node and what is below it, of the nodes that the file holds. */
function belowNode(flame, root) {
  if (!root) return flame;
  const shown = new Set([root]);
  const places = flame.id.flatMap((id, at) => (id === root || shown.has(flame.parent[at])) ? (shown.add(id), [at]) : []);
  return Object.fromEntries(Object.entries(flame).map(([name, column]) => [name, places.map((at) => column[at])]));
}
