// The page: opens the recordings, and knows which view, call and search are chosen.

import { DetailsPanel } from "./details.js";
import { byId, element } from "./elements.js";
import { embeddedSources } from "./embedded.js";
import { Exceptions } from "./exceptions.js";
import { FlameView } from "./flameview.js";
import { formatDuration, plural } from "./format.js";
import { GraphView } from "./graph.js";
import { Hotspots } from "./hotspots.js";
import { listenToKeys } from "./keys.js";
import { Palette } from "./palette.js";
import { Recording } from "./recording.js";
import { Search } from "./search.js";
import { ServerSource } from "./source.js";
import { TimelineView } from "./timelineview.js";

const VIEWS = [["timeline", "Time line", TimelineView], ["flame", "Flame graph", FlameView], ["hotspots", "Hotspots", Hotspots], ["graph", "Call graph", GraphView], ["exceptions", "Exceptions", Exceptions]];

/** Everything that the views share. */
export class Page {
  constructor(recordings) {
    this.recordings = recordings;
    this.palette = new Palette(recordings.flatMap(({ summary }) => summary.functions));
    this.selection = null;
    this.search = new Search(this);
    this.details = new DetailsPanel(this);
    this.views = VIEWS.map(([name, title, View]) => ({ name, title, View, view: null }));
    this.tabs = this.views.map(({ name, title }, at) => element("button", { role: "tab", id: `tab-${name}`, title: `${title} (${at + 1})`, onclick: () => this.chooseView(at) }, title));
    byId("tabs").append(...this.tabs);
    byId("theme").addEventListener("click", () => this.switchTheme());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    listenToKeys(this);
    this.describe();
    byId("loading").remove();
    const wanted = this.views.findIndex(({ name }) => location.hash === `#${name}`);
    this.chooseView(Math.max(0, wanted));
  }

  get timeline() {
    return this.viewAt(0);
  }

  viewAt(at) {
    const place = this.views[at];
    if (!place.view) {
      place.view = new place.View(this);
      place.view.box.setAttribute("role", "tabpanel");
      byId("views").append(place.view.box);
    }
    return place.view;
  }

  chooseView(at) {
    const view = this.viewAt(at);
    this.tabs.forEach((tab, other) => tab.setAttribute("aria-selected", String(other === at)));
    for (const place of this.views) if (place.view) place.view.box.hidden = place.view !== view;
    history.replaceState(null, "", `#${this.views[at].name}`);
    this.shown = at;
    Promise.resolve(view.open()).catch((error) => this.fail(error));
  }

  chooseLanes(kind) {
    this.timeline.choose(kind);
  }

  /** Show a call: its values in the panel, and where it is on the time line. */
  async selectCall(box, row) {
    this.selection = { box, row };
    this.refresh();
    try {
      const call = await this.details.showCall(this.recordings[box], row);
      this.selection = { box, row, start: call.start };
      if (this.shown !== 0) this.chooseView(0);
      await new Promise(requestAnimationFrame); // the panel takes room from the time line
      this.timeline.lines[box].reveal(call.places);
    } catch (error) {
      this.fail(error);
    }
  }

  selectFunction(box, code) {
    this.details.showFunction(this.recordings[box], code).catch((error) => this.fail(error));
  }

  selectedRow(box) {
    return this.selection?.box === box ? this.selection.row : null;
  }

  forgetSelection() {
    this.selection = null;
    this.refresh();
  }

  escape() {
    if (!this.details.box.hidden) this.details.close();
    else this.search.clear();
  }

  /** Draw what is shown again. */
  refresh() {
    this.views[this.shown ?? 0].view?.refresh?.();
  }

  switchTheme() {
    document.documentElement.dataset.theme = this.palette.isDark ? "light" : "dark";
    this.repaint();
  }

  repaint() {
    this.palette.refresh();
    this.refresh();
  }

  /** Say what went wrong, once; a click takes it away. */
  fail(error) {
    const notes = byId("notes");
    if ([...notes.children].some((note) => note.textContent === error.message)) return;
    const note = element("div", { class: "failure", role: "alert", onclick: () => dismiss() }, error.message);
    const dismiss = () => {
      note.remove();
      notes.hidden = !notes.children.length;
    };
    notes.append(note);
    notes.hidden = false;
  }

  describe() {
    const names = this.recordings.map(({ summary }) => summary.name);
    document.title = `${names.join(" and ")} · callbox`;
    const [{ summary }] = this.recordings;
    byId("title").replaceChildren(element("b", {}, names.join(" | ")), element("span", {}, this.recordings.length > 1 ? "" : ` ${plural(summary.calls, "call")} in ${formatDuration(summary.duration)}`));
    byId("title").title = this.recordings.map((recording) => recording.summary.command.join(" ")).join("\n");
    const notes = this.recordings.flatMap((recording, box) => this.notesOf(recording.summary).map((note) => (this.recordings.length > 1 ? `${"AB"[box]}: ${note}` : note)));
    byId("notes").append(...notes.map((note) => element("div", {}, note)));
    byId("notes").hidden = !notes.length;
  }

  notesOf(summary) {
    const dropped = summary.dropped ? [`${plural(summary.dropped, "older event")} overwritten or lost`] : [];
    return [...summary.notes, ...dropped];
  }
}

async function openRecordings() {
  const embedded = await embeddedSources();
  if (embedded) return Promise.all(embedded.map((source, box) => Recording.open(source, box)));
  const first = await Recording.open(new ServerSource(0), 0);
  return first.summary.of > 1 ? [first, await Recording.open(new ServerSource(1), 1)] : [first];
}

async function start() {
  const fonts = ['12px "Callbox Sans"', '12px "Callbox Mono"'].map((font) => document.fonts.load(font));
  const [recordings] = await Promise.all([openRecordings(), ...fonts]);
  globalThis.callboxPage = new Page(recordings);
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("loading")?.remove();
  byId("notes").hidden = false;
  byId("notes").append(element("div", { class: "failure" }, error.message));
});
