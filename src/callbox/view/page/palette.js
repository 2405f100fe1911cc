// Colours: a hue for each module, a shade for each function, in light and dark.

// Next to each other, far apart; none near the colour of what needs attention.
const HUES = [250, 160, 305, 95, 205, 345, 130, 275];
const FREE_HUES = [85, 345];
const MOST_HUES = 90;
const LEAST_HUES = 30;
const FUNCTION_HUES = 22;

function hashText(text) {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
  return hash >>> 0;
}

let inkPot = null;

/** A colour as `#rrggbb`, which canvases read far faster than others: it is set once for each bar. */
function toHex(colour) {
  inkPot ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  inkPot.fillStyle = colour;
  inkPot.fillRect(0, 0, 1, 1);
  const [red, green, blue] = inkPot.getImageData(0, 0, 1, 1).data;
  return `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
}

/** The colours of the theme that is on, and of functions in it. */
export class Palette {
  constructor(functions) {
    this.packages = new Map();
    this.hasOneModule = new Set(functions.map(({ module }) => module)).size < 2;
    for (const { module } of functions) {
      const name = module.split(".")[0];
      if (!this.packages.has(name)) this.packages.set(name, this.packages.size);
    }
    this.refresh();
  }

  /** Read the theme again. */
  refresh() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    this.isDark = read("scheme") === "dark";
    for (const name of ["ground", "panel", "ink", "muted", "faint", "line", "accent", "danger", "bar-ink", "wait"])
      this[name.replace("-i", "I")] = read(name);
    this.fills = new Map();
  }

  /** The colour of a function's bars. */
  fill(fn) {
    let fill = this.fills.get(fn);
    if (fill === undefined) this.fills.set(fn, (fill = toHex(this.mix(fn))));
    return fill;
  }

  /** How a function fares beside the other recording: from -1, far faster, to 1, far slower. */
  difference(change) {
    const strength = Math.min(1, Math.abs(change));
    const lightness = this.isDark ? 0.34 + 0.2 * strength : 0.93 - 0.2 * strength;
    return `oklch(${lightness} ${0.16 * strength} ${change > 0 ? 35 : 245})`;
  }

  mix(fn) {
    if (!fn) return this.isDark ? "oklch(0.36 0 0)" : "oklch(0.86 0 0)";
    const hash = hashText(fn.name);
    const shade = (hash % 64) / 63 - 0.5;
    const turn = (((hash >>> 8) % 64) / 63 - 0.5) * FUNCTION_HUES;
    const lightness = (this.isDark ? 0.43 : 0.83) + shade * 0.1;
    const chroma = (this.isDark ? 0.08 : 0.075) * (fn.c ? 0.3 : 1);
    return `oklch(${lightness.toFixed(3)} ${chroma.toFixed(3)} ${(this.hue(this.hasOneModule ? fn.name : fn.module) + turn).toFixed(1)})`;
  }

  /** A hue by package, and around it one for each module; modules of one package, or functions of one module, have all hues. */
  hue(module) {
    const name = module.split(".")[0];
    const place = (hashText(module) % 64) / 63;
    const n = this.packages.size;
    if (n < 2) return FREE_HUES[0] + place * (FREE_HUES[1] - FREE_HUES[0]);
    const near = module === name ? 0 : (place - 0.5) * Math.min(MOST_HUES, Math.max(LEAST_HUES, MOST_HUES / (n / 2)));
    return (HUES[(this.packages.get(name) ?? 0) % HUES.length] + near + 360) % 360;
  }
}
