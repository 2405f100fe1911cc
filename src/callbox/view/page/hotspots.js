// The functions by what they cost; of two recordings, side by side.

import { element } from "./elements.js";
import { formatCount, formatDuration, formatShare, labelOf } from "./format.js";
import { SortedTable } from "./table.js";

const NOTHING = { calls: 0, raised: 0, self: 0, inclusive: 0, mean: 0, max: 0 };

/** The view of hotspots. */
export class Hotspots {
  constructor(page) {
    this.page = page;
    this.table = new SortedTable(page.recordings.length > 1 ? this.pairColumns() : this.columns(), {
      sortBy: page.recordings.length > 1 ? "change" : "self",
      caption: "Hotspots",
      onPick: (row) => page.selectFunction(row.box, row.code),
    });
    this.box = element("section", { class: "view scrolled" }, this.table.box);
  }

  async open() {
    this.rows ??= await this.load();
    this.refresh();
  }

  /** Show the functions that are searched for. */
  refresh() {
    if (!this.rows) return;
    const { matches } = this.page.search;
    this.table.show(matches ? this.rows.filter((row) => matches[row.box].has(row.code)) : this.rows);
  }

  async load() {
    const { recordings } = this.page;
    const [first, second] = await Promise.all(recordings.map((recording) => recording.ask("hotspots")));
    this.totals = [first, second ?? []].map((rows) => rows.reduce((sum, row) => sum + row.self, 0));
    const rows = first.map((row) => this.describe(row, 0));
    if (!second) return rows;
    const byName = new Map(rows.map((row) => [row.name, row]));
    for (const entry of second.map((row) => this.describe(row, 1))) {
      const known = byName.get(entry.name);
      if (known) known.second = entry.first;
      else rows.push({ ...entry, first: NOTHING, second: entry.first });
    }
    for (const row of rows) row.second ??= NOTHING;
    return rows;
  }

  describe(row, box) {
    const fn = this.page.recordings[box].functionOf(row.code);
    return { box, code: row.code, fn, label: labelOf(fn), name: fn ? `${fn.module}.${fn.name}` : "", where: fn?.line ? `${fn.file}:${fn.line}` : "", first: row };
  }

  columns() {
    const time = (key, title, hint) => ({ key, title, hint, value: (row) => row.first[key], cell: (row) => formatDuration(row.first[key]) });
    return [
      { ...time("self", "Self", "Time in the function itself"), cell: (row) => this.meter(row.first.self, this.totals[0]) },
      { key: "share", title: "Share", hint: "Of all self time", value: (row) => row.first.self, cell: (row) => formatShare(row.first.self, this.totals[0]) },
      time("inclusive", "Inclusive", "Time in it and what it called"),
      { key: "calls", title: "Calls", value: (row) => row.first.calls, cell: (row) => formatCount(row.first.calls) },
      time("mean", "Mean", "Inclusive time of a call"),
      time("max", "Longest", "Inclusive time of the longest call"),
      { key: "raised", title: "Raised", hint: "Calls that an exception ended", value: (row) => row.first.raised, cell: (row) => (row.first.raised ? formatCount(row.first.raised) : "") },
      ...this.nameColumns(),
    ];
  }

  pairColumns() {
    const pair = (key, title, hint, format) =>
      ["first", "second"].map((which, at) => ({
        key: `${key}${at}`, title: `${title} ${"AB"[at]}`, hint, value: (row) => row[which][key], cell: (row) => (row[which].calls ? format(row[which][key]) : "–"),
      }));
    return [
      {
        key: "change", title: "B − A", hint: "Self time of the second less that of the first; sorted by its size",
        value: (row) => Math.abs(row.second.self - row.first.self), cell: (row) => this.change(row.second.self - row.first.self),
      },
      ...pair("self", "Self", "Time in the function itself", formatDuration),
      ...pair("inclusive", "Inclusive", "Time in it and what it called", formatDuration),
      ...pair("calls", "Calls", "", formatCount),
      ...this.nameColumns(),
    ];
  }

  nameColumns() {
    return [
      { key: "name", title: "Function", isText: true, value: (row) => row.name, cell: (row) => this.nameCell(row) },
      { key: "where", title: "Where", isText: true, value: (row) => row.where, cell: (row) => element("span", { class: "where", title: row.where }, element("bdi", {}, row.where)) },
    ];
  }

  nameCell(row) {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = this.page.palette.fill(row.fn);
    return element("span", { class: "named" }, swatch, element("b", {}, row.label), element("i", {}, row.fn?.module ?? ""));
  }

  meter(ns, whole) {
    const bar = element("span", { class: "meter" });
    bar.style.width = `${whole ? Math.max(1, (100 * ns) / whole) : 0}%`;
    return element("span", { class: "metered" }, bar, element("span", {}, formatDuration(ns)));
  }

  change(ns) {
    return element("span", { class: ns > 0 ? "slower" : ns < 0 ? "faster" : "" }, `${ns > 0 ? "+" : ns < 0 ? "−" : ""}${formatDuration(Math.abs(ns))}`);
  }
}
