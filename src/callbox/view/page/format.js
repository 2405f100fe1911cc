// Numbers and names as a person reads them.

const DURATION_UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
const MODULE_BODY = "<module>";

/** Three digits and a unit: `12.3 ms`. */
export function formatDuration(ns) {
  const size = Math.abs(ns);
  for (const [unit, name] of DURATION_UNITS) {
    if (size >= unit * 0.9995) {
      const value = ns / unit;
      const digits = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
      return `${value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${name}`;
    }
  }
  return `${Math.round(ns)} ns`;
}

/** A time on the axis, with as many digits as tell ticks `step` ns apart. */
export function formatTick(ns, step) {
  const [unit, name] = DURATION_UNITS.find(([size]) => step >= size / 1e4 && ns >= size) ?? [1, "ns"];
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step / unit) + 1e-9)));
  return ns === 0 ? "0" : `${(ns / unit).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${name}`;
}

const counts = new Intl.NumberFormat("en");

export function formatCount(n) {
  return counts.format(n);
}

export function formatShare(part, whole) {
  const share = whole > 0 ? (100 * part) / whole : 0;
  return `${share.toFixed(share > 0 && share < 9.95 ? 1 : 0)}%`;
}

/** The short name of a function: a module's own code by the module. */
export function labelOf(fn) {
  if (!fn) return "<unknown function>";
  return fn.name === MODULE_BODY ? `<module ${fn.module || fn.file}>` : fn.name;
}

export function plural(n, noun) {
  return `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
}
