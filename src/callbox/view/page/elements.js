// Elements of the page, made of text and never of markup: names come from recorded programs.

/** Make an element: `element("button", { class: "icon", onclick }, "text", child)`. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Two or more choices of which one holds; calls `onChoose` with its value. */
export function makeChoice(label, options, chosen, onChoose) {
  const buttons = options.map(([value, text]) =>
    element("button", { class: "choice", type: "button", "aria-pressed": String(value === chosen), data: { value }, onclick: () => choose(value) }, text));
  function choose(value) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.value === String(value)));
    onChoose(value);
  }
  return element("div", { class: "choices", role: "group", "aria-label": label }, ...buttons);
}

let tipOwner = null;

/** Show lines beside the pointer; the first is a title. */
export function showTip(owner, event, lines) {
  const tip = byId("tip");
  tipOwner = owner;
  tip.replaceChildren(...lines.map((line, at) => element("div", { class: at ? "" : "tip-title" }, line)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const x = event.clientX + 16 + box.width > innerWidth ? event.clientX - box.width - 12 : event.clientX + 16;
  const y = event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 18;
  tip.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
}

export function hideTip(owner) {
  if (owner === tipOwner || owner === undefined) byId("tip").hidden = true;
}
