// The flame graph of one recording: calls with the same callers joined, the widest first.

import { Bars, ROW_PX } from "./bars.js";
import { element, hideTip, showTip } from "./elements.js";
import { formatDuration, formatShare, labelOf, plural } from "./format.js";
import { Surface } from "./surface.js";

const TOP_PX = 10;
const SIDE_PX = 12;

/** Nodes as a canvas; a click shows a node and what is below it, in more detail. */
export class FlameGraph {
  constructor(recording, page) {
    this.recording = recording;
    this.page = page;
    this.bars = new Bars(page.palette);
    this.nodes = new Map();
    this.root = 0;
    this.top = 0;
    this.partner = null;
    this.canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": `Flame graph of ${recording.summary.name}` });
    this.box = element("div", { class: "stage" }, this.canvas);
    this.surface = new Surface(this.canvas, (...arguments_) => this.draw(...arguments_));
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => hideTip(this));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show a node and what is below it. */
  async open(root = 0) {
    const answer = await this.recording.ask("flame", { root });
    for (let at = 0; at < answer.id.length; at++) {
      const id = answer.id[at];
      if (this.nodes.has(id)) continue;
      const node = { id, parent: answer.parent[at], code: answer.code[at], calls: answer.calls[at], self: answer.self[at], total: answer.total[at], children: [] };
      this.nodes.set(id, node);
      if (id) this.nodes.get(node.parent).children.push(node);
    }
    for (const node of this.nodes.values()) node.children.sort((a, b) => b.total - a.total);
    this.root = root;
    this.top = 0;
    this.surface.invalidate();
  }

  look(root) {
    this.open(root).catch((error) => this.page.fail(error));
  }

  /** The names from the root down to a node, which find it in another recording. */
  pathOf(node) {
    const names = [];
    for (let at = node; at.id; at = this.nodes.get(at.parent)) {
      const fn = this.recording.functionOf(at.code);
      names.push(fn ? `${fn.module}.${fn.name}` : "");
    }
    return names.reverse().join("\n");
  }

  totals() {
    return new Map([...this.nodes.values()].map((node) => [this.pathOf(node), node.total]));
  }

  /** Colour by how the nodes fare beside those of another graph; null: by module. */
  compareWith(partner) {
    this.partner = partner;
    this.surface.invalidate();
  }

  draw(context, width, height) {
    const { palette } = this.page;
    context.fillStyle = palette.ground;
    context.fillRect(0, 0, width, height);
    this.bars.begin(context);
    const root = this.nodes.get(this.root);
    if (!root) return;
    this.others = this.partner?.totals();
    const above = [];
    for (let at = root; at.id; at = this.nodes.get(at.parent)) above.unshift(this.nodes.get(at.parent));
    above.forEach((node, level) => this.add(node, SIDE_PX, level, width - 2 * SIDE_PX, width, true));
    this.place(root, SIDE_PX, above.length, width - 2 * SIDE_PX, { width, height });
    this.height = this.bars.drawn.reduce((most, bar) => Math.max(most, bar.y + this.top), 0) + 2 * ROW_PX;
  }

  place(root, x, level, width, page) {
    const waiting = [[root, x, level, width]];
    while (waiting.length) {
      const [node, left, depth, room] = waiting.pop();
      if (TOP_PX + depth * ROW_PX - this.top > page.height) continue;
      this.add(node, left, depth, room, page.width, false);
      let at = left;
      for (const child of node.children) {
        const share = node.total ? (child.total / node.total) * room : 0;
        if (share >= 0.4) waiting.push([child, at, depth + 1, share]);
        at += share;
      }
    }
  }

  add(node, x, level, width, right, isAbove) {
    const fn = this.recording.functionOf(node.code);
    const wanted = this.page.search.matches?.[this.recording.box];
    const isMatch = Boolean(wanted?.has(node.code));
    this.bars.add(
      {
        x, y: TOP_PX + level * ROW_PX - this.top, width, fill: this.fill(node, fn), label: node.id ? labelOf(fn) : `everything, ${formatDuration(node.total)}`,
        isMatch, isDimmed: Boolean(wanted) && !isMatch, isFaint: isAbove, node,
      },
      0, right,
    );
  }

  fill(node, fn) {
    if (!node.id) return this.page.palette.line;
    if (!this.partner) return this.page.palette.fill(fn);
    const other = this.others.get(this.pathOf(node));
    const change = other === undefined ? 1 : Math.log2(Math.max(node.total, 1) / Math.max(other, 1)) / 2;
    return this.page.palette.difference(Math.max(-1, Math.min(1, change)));
  }

  click(event) {
    const bar = this.barAt(event);
    if (!bar) return;
    if (bar.node.id !== this.root) this.look(bar.node.id);
    if (bar.node.id) this.page.selectFunction(this.recording.box, bar.node.code);
  }

  hover(event) {
    const bar = this.barAt(event);
    this.canvas.classList.toggle("pointed", Boolean(bar));
    if (!bar) {
      hideTip(this);
      return;
    }
    const { node } = bar;
    const fn = this.recording.functionOf(node.code);
    const lines = [node.id ? labelOf(fn) : "everything"];
    if (fn) lines.push(fn.module);
    lines.push(`${formatDuration(node.total)}, ${formatShare(node.total, this.nodes.get(0).total)} of all`);
    if (node.id) lines.push(`self ${formatDuration(node.self)}, ${plural(node.calls, "call")}`);
    const other = this.partner && this.others.get(this.pathOf(node));
    if (this.partner && node.id) lines.push(other === undefined ? `not in ${this.partner.recording.summary.name}` : `${formatDuration(other)} in ${this.partner.recording.summary.name}`);
    showTip(this, event, lines);
  }

  wheel(event) {
    event.preventDefault();
    this.scroll(event.deltaY * (event.deltaMode ? 16 : 1));
  }

  scroll(pixels) {
    this.top = Math.max(0, Math.min(this.top + pixels, Math.max(0, (this.height ?? 0) - this.surface.height)));
    this.surface.invalidate();
  }

  key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.scroll(event.key === "ArrowDown" ? 3 * ROW_PX : -3 * ROW_PX);
    else if (event.key === "0" || event.key === "Home") this.look(0);
    else if (event.key === "Backspace" && this.root) this.look(this.nodes.get(this.root).parent);
    else return;
    event.preventDefault();
  }

  barAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.bars.at(event.clientX - box.left, event.clientY - box.top);
  }
}
