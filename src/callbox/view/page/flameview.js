// The view of flame graphs: one recording, or two side by side.

import { element, makeChoice } from "./elements.js";
import { FlameGraph } from "./flame.js";

/** The view. */
export class FlameView {
  constructor(page) {
    this.page = page;
    this.graphs = page.recordings.map((recording) => new FlameGraph(recording, page));
    const isPair = this.graphs.length > 1;
    const choice = isPair ? makeChoice("Colours", [["modules", "By module"], ["difference", "By difference"]], "modules", (by) => this.colour(by)) : null;
    const hint = element("span", { class: "hint" }, isPair ? "By difference, warm is slower than the other recording, cool is faster." : "Click a function to look below it; 0 shows everything.");
    const columns = this.graphs.map((graph, box) =>
      element("div", { class: "column" }, isPair ? element("div", { class: "banner" }, element("b", {}, `${"AB"[box]}: ${graph.recording.summary.name}`)) : null, graph.box));
    this.box = element("section", { class: "view" }, element("div", { class: "tools" }, choice, hint), element("div", { class: "columns" }, ...columns));
  }

  async open() {
    await Promise.all(this.graphs.map((graph) => (graph.nodes.size ? null : graph.open(0))));
    this.refresh();
  }

  refresh() {
    for (const graph of this.graphs) graph.surface.invalidate();
  }

  colour(by) {
    const [first, second] = this.graphs;
    first.compareWith(by === "difference" ? second : null);
    second.compareWith(by === "difference" ? first : null);
  }
}
