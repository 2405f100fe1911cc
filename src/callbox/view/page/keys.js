// Keys that work everywhere on the page, and the list of all of them.

import { byId, element } from "./elements.js";

const KEYS = [
  ["1 … 5", "choose a view"],
  ["/", "search; Enter goes to the next call"],
  ["N, Shift N", "next and previous call of what is searched for"],
  ["W S, + −, Ctrl wheel", "zoom in and out"],
  ["A D, ← →, drag", "earlier and later"],
  ["↑ ↓, wheel", "up and down"],
  ["0, Home", "show everything"],
  ["[ ]", "previous and next thread or task"],
  ["F", "fold all threads or tasks, or none; a click folds one"],
  ["Double click", "zoom to a call"],
  ["Backspace", "flame graph: one level up"],
  ["Esc", "close details, end the search"],
  ["T", "light or dark"],
  ["?", "this list"],
];

function isTyping(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/** Listen to keys on behalf of the page. */
export function listenToKeys(page) {
  const dialog = byId("keys");
  const rows = KEYS.flatMap(([keys, text]) => [element("dt", {}, keys), element("dd", {}, text)]);
  dialog.append(element("h2", {}, "Keys"), element("dl", {}, ...rows), element("button", { class: "wide", onclick: () => dialog.close() }, "Close"));
  byId("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const actions = {
      "/": () => page.search.input.focus(), n: () => page.search.step(false), N: () => page.search.step(true),
      t: () => page.switchTheme(), "?": () => dialog.showModal(), Escape: () => page.escape(),
    };
    const action = /^[1-5]$/.test(event.key) ? () => page.chooseView(Number(event.key) - 1) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
