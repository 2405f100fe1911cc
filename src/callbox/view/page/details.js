// What is known of the call or function that was chosen, in a panel.

import { byId, element } from "./elements.js";
import { formatCount, formatDuration, labelOf, plural } from "./format.js";
import { OUTCOME, OUTCOME_NAMES } from "./recording.js";

const CALLERS_SHOWN = 12;

/** The panel. */
export class DetailsPanel {
  constructor(page) {
    this.page = page;
    this.box = byId("details");
  }

  close() {
    this.box.hidden = true;
    this.page.forgetSelection();
  }

  async showCall(recording, row) {
    const call = await recording.ask("call", { row });
    const fn = recording.functionOf(call.code);
    this.fill(
      recording, fn, this.callFacts(recording, call),
      this.valuesOf(call.values, recording),
      this.calls(recording, "Called by", call.callers.slice(0, CALLERS_SHOWN), call.n_callers),
      this.calls(recording, "Called", call.callees, call.n_callees),
      element("button", { class: "wide", onclick: () => this.page.selectFunction(recording.box, call.code) }, "All calls of this function"),
    );
    return call;
  }

  async showFunction(recording, code) {
    const [answer, hotspots] = await Promise.all([recording.ask("function", { code }), recording.ask("hotspots")]);
    const spot = hotspots.find((entry) => entry.code === code);
    const facts = spot
      ? [["Calls", formatCount(spot.calls)], ["Self", formatDuration(spot.self)], ["Inclusive", formatDuration(spot.inclusive)], ["Mean", formatDuration(spot.mean)], ["Raised", formatCount(spot.raised)]]
      : [];
    this.fill(
      recording, recording.functionOf(code), this.facts(facts),
      this.histogram(answer.durations),
      this.slowest(recording, answer.slowest),
      this.functions(recording, "Called by", answer.callers),
      this.functions(recording, "Called", answer.callees),
    );
  }

  fill(recording, fn, ...parts) {
    const where = fn ? [fn.module, fn.file && fn.line ? `${fn.file}:${fn.line}` : fn.c ? "written in C" : fn.file] : [];
    const title = this.page.recordings.length > 1 ? element("div", { class: "which" }, `${"AB"[recording.box]}: ${recording.summary.name}`) : null;
    this.box.replaceChildren(
      element("button", { class: "icon close", title: "Close (Esc)", "aria-label": "Close", onclick: () => this.close() }, "×"),
      element("header", {}, title, element("h2", {}, labelOf(fn)), ...where.filter(Boolean).map((text) => element("div", { class: "place" }, text))),
      ...parts.filter(Boolean),
    );
    this.box.hidden = false;
    this.box.scrollTop = 0;
  }

  callFacts(recording, call) {
    const facts = [["Took", formatDuration(call.inclusive)], ["Self", formatDuration(call.self)], ["Began at", formatDuration(call.start)], ["Ended", OUTCOME_NAMES[call.outcome], call.outcome === OUTCOME.RAISED ? "bad" : ""]];
    if (call.resumes) facts.push(["Resumed", `${plural(call.resumes, "time")}, ${formatDuration(call.end - call.start)} in all`]);
    if (call.partial) facts.push(["Began", "before the recording"]);
    if (call.nested) facts.push(["Recursion", `level ${call.nested + 1}`]);
    if (call.allocated) facts.push(["Allocated", `${formatCount(call.allocated[0])} bytes`]);
    facts.push(["Thread", call.thread]);
    if (call.task !== null) facts.push(["Task", formatCount(call.task)]);
    if (call.greenlet !== null) facts.push(["Greenlet", formatCount(call.greenlet)]);
    if (new Set(recording.summary.lanes.map((lane) => lane.process)).size > 1) facts.push(["Process", String(call.process)]);
    return this.facts(facts);
  }

  facts(rows) {
    return element("dl", { class: "facts" }, ...rows.flatMap(([name, text, kind]) => [element("dt", {}, name), element("dd", { class: kind ?? "" }, text)]));
  }

  valuesOf(values, recording) {
    if (!values) return recording.summary.has_values ? null : this.section("Values", element("p", { class: "hint" }, "Not recorded: record with --mode trace."));
    const rows = this.named(values.arguments ?? []);
    if (values.result !== null) rows.push(this.value("returned", values.result, "result"));
    if (values.exception !== null) rows.push(this.value("raised", values.exception, "raised"));
    const groups = [["Values", rows], ["Arguments it changed", this.named(values.effects)], ["Variables when it raised", this.named(values.locals)]];
    return element("div", {}, ...groups.filter(([, lines]) => lines.length).map(([title, lines]) => this.section(title, ...lines)));
  }

  named(pairs) {
    return pairs.map(([name, text]) => this.value(name, text));
  }

  value(name, text, kind = "argument") {
    return element("div", { class: `value ${kind}` }, element("span", { class: "value-name" }, name), element("code", {}, text));
  }

  calls(recording, title, entries, n) {
    if (!entries.length) return null;
    const items = entries.map((entry) =>
      this.link(labelOf(recording.functionOf(entry.code)), formatDuration(entry.inclusive), () => this.page.selectCall(recording.box, entry.row), entry.outcome === OUTCOME.RAISED));
    return this.section(n > entries.length ? `${title} (${formatCount(entries.length)} of ${formatCount(n)})` : title, element("ul", { class: "links" }, ...items));
  }

  slowest(recording, entries) {
    const items = entries.map((entry) =>
      this.link(`at ${formatDuration(entry.start)}`, formatDuration(entry.inclusive), () => this.page.selectCall(recording.box, entry.row), entry.outcome === OUTCOME.RAISED));
    return this.section("Slowest calls", element("ul", { class: "links" }, ...items));
  }

  functions(recording, title, pairs) {
    if (!pairs.length) return null;
    const items = pairs.map(([code, n]) => this.link(labelOf(recording.functionOf(code)), `${formatCount(n)}×`, () => this.page.selectFunction(recording.box, code), false));
    return this.section(title, element("ul", { class: "links" }, ...items));
  }

  link(text, note, onclick, isBad) {
    return element("li", {}, element("button", { class: isBad ? "link bad" : "link", title: text, onclick }, element("span", {}, text), element("span", { class: "note" }, note)));
  }

  histogram({ first_power: first, counts }) {
    const most = Math.max(...counts);
    const bars = counts.map((n, at) => {
      const bar = element("span", { class: "pillar", title: `${plural(n, "call")}: ${formatDuration(2 ** (first + at))} to ${formatDuration(2 ** (first + at + 1))}` });
      bar.style.height = `${n ? Math.max(3, (100 * n) / most) : 0}%`;
      return bar;
    });
    const ends = element("div", { class: "ends" }, element("span", {}, formatDuration(2 ** first)), element("span", {}, formatDuration(2 ** (first + counts.length))));
    return this.section("How long calls took", element("div", { class: "pillars" }, ...bars), ends);
  }

  section(title, ...children) {
    return element("section", {}, element("h3", {}, title), ...children);
  }
}
