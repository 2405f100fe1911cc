// A table that sorts by the column whose heading is clicked, and shows its first rows.

import { element } from "./elements.js";
import { plural } from "./format.js";

const ROWS_AT_FIRST = 300;

/**
 * columns: [{ key, title, hint, isText, value(row), cell(row) }]; `value` sorts, `cell` gives text or an element.
 */
export class SortedTable {
  constructor(columns, { sortBy, onPick, caption }) {
    this.columns = columns;
    this.sortBy = sortBy;
    this.isDown = true;
    this.onPick = onPick;
    this.limit = ROWS_AT_FIRST;
    this.rows = [];
    this.heads = columns.map((column) => this.heading(column));
    this.body = element("tbody");
    this.rest = element("button", { class: "more", onclick: () => this.showMore() });
    const table = element("table", { "aria-label": caption }, element("thead", {}, element("tr", {}, ...this.heads)), this.body);
    this.box = element("div", { class: "sheet" }, table, this.rest);
  }

  show(rows) {
    this.rows = rows;
    this.render();
  }

  heading(column) {
    return element(
      "th",
      { class: column.isText ? "words" : "", title: column.hint, scope: "col" },
      element("button", { onclick: () => this.sort(column) }, column.title),
    );
  }

  sort(column) {
    this.isDown = this.sortBy === column.key ? !this.isDown : !column.isText;
    this.sortBy = column.key;
    this.render();
  }

  showMore() {
    this.limit *= 4;
    this.render();
  }

  render() {
    const by = this.columns.find((column) => column.key === this.sortBy);
    const sign = this.isDown ? -1 : 1;
    const compare = by.isText
      ? (a, b) => sign * by.value(a).localeCompare(by.value(b))
      : (a, b) => sign * (by.value(a) - by.value(b));
    const sorted = [...this.rows].sort(compare);
    this.columns.forEach((column, at) =>
      this.heads[at].setAttribute("aria-sort", column !== by ? "none" : this.isDown ? "descending" : "ascending"));
    this.body.replaceChildren(...sorted.slice(0, this.limit).map((row) => this.row(row)));
    const left = sorted.length - this.limit;
    this.rest.hidden = left <= 0;
    this.rest.textContent = `Show more: ${plural(Math.max(0, left), "row")} left`;
  }

  row(row) {
    const cells = this.columns.map((column) => element("td", { class: column.isText ? "words" : "" }, column.cell(row)));
    const pick = () => this.onPick(row);
    return element("tr", { tabindex: "0", onclick: pick, onkeydown: (event) => event.key === "Enter" && pick() }, ...cells);
  }
}
