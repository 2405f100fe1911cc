// The call graph, laid out by Graphviz in the browser.

import { element, makeChoice } from "./elements.js";

const LARGEST_SCALE = 6;
const READABLE_SCALE = 0.55;

async function loadGraphviz() {
  if (!globalThis.callboxGraphviz) {
    await new Promise((resolve, reject) => {
      const script = element("script", { src: "vendor/graphviz.js", onload: resolve, onerror: () => reject(new Error("vendor/graphviz.js could not be loaded")) });
      document.head.append(script);
    });
  }
  return globalThis.callboxGraphviz.Graphviz.load();
}

/** The view of the call graph. */
export class GraphView {
  constructor(page) {
    this.page = page;
    this.stage = element("div", { class: "stage graph", tabindex: "0" });
    const hint = element("span", { class: "hint" }, "The functions with the most time. Scroll to zoom, drag to move, click a function.");
    const names = page.recordings.map((recording, box) => [box, `${"AB"[box]}: ${recording.summary.name}`]);
    const choice = names.length > 1 ? makeChoice("Recording", names, 0, (box) => this.open(Number(box)).catch((error) => page.fail(error))) : null;
    this.box = element("section", { class: "view" }, element("div", { class: "tools" }, choice, hint), this.stage);
  }

  async open(box = this.shown ?? 0) {
    if (this.shown === box) return;
    this.stage.classList.add("busy");
    try {
      const [{ dot }, graphviz] = await Promise.all([this.page.recordings[box].ask("graph"), loadGraphviz()]);
      this.place(graphviz.dot(dot, "svg"), box);
      this.shown = box;
    } finally {
      this.stage.classList.remove("busy");
    }
  }

  place(text, box) {
    const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    for (const name of ["width", "height", "viewBox"]) svg.removeAttribute(name);
    const drawing = svg.querySelector("g");
    const outer = document.createElementNS("http://www.w3.org/2000/svg", "g");
    drawing.replaceWith(outer);
    outer.append(drawing);
    for (const title of svg.querySelectorAll("g.edge > title, g.graph > title")) title.remove();
    for (const node of svg.querySelectorAll("g.node")) {
      node.setAttribute("tabindex", "0");
      node.addEventListener("click", () => this.page.selectFunction(box, Number(node.id.slice(1))));
      node.addEventListener("keydown", (event) => event.key === "Enter" && this.page.selectFunction(box, Number(node.id.slice(1))));
    }
    this.stage.replaceChildren(svg);
    this.enableZoom(svg, outer, width, height);
    this.refresh();
  }

  enableZoom(svg, outer, width, height) {
    const { select, zoom, zoomIdentity } = globalThis.callboxD3;
    const room = this.stage.getBoundingClientRect();
    const fitting = Math.min(1, (room.width - 32) / width, (room.height - 32) / height);
    const scale = Math.max(fitting, READABLE_SCALE);
    const behaviour = zoom().scaleExtent([Math.min(fitting, 0.1), LARGEST_SCALE]).on("zoom", ({ transform }) => outer.setAttribute("transform", transform));
    const start = zoomIdentity.translate((room.width - width * scale) / 2, 16).scale(scale);
    select(svg).call(behaviour).call(behaviour.transform, start).on("dblclick.zoom", null);
  }

  /** Mark the functions that are searched for. */
  refresh() {
    const matches = this.page.search.matches?.[this.shown ?? 0];
    for (const node of this.stage.querySelectorAll("g.node")) {
      const isMatch = Boolean(matches?.has(Number(node.id.slice(1))));
      node.classList.toggle("match", isMatch);
      node.classList.toggle("dimmed", Boolean(matches) && !isMatch);
    }
  }
}
