// One recording as the page knows it: its functions by number, and answers that are asked for once.

/** How a call ended, by number. */
export const OUTCOME = { OPEN: 0, RETURNED: 1, RAISED: 2, SUSPENDED: 3, LOST: 4, CUT: 5 };
export const OUTCOME_NAMES = ["still running", "returned", "raised", "suspended", "end not recorded", "cut to keep to the budget"];

/** A recording on show. */
export class Recording {
  constructor(source, summary, box) {
    this.source = source;
    this.summary = summary;
    this.box = box;
    this.functions = new Map(summary.functions.map((fn) => [fn.id, fn]));
    this.answers = new Map();
  }

  static async open(source, box) {
    return new Recording(source, await source.ask("summary"), box);
  }

  /** Ask a question; the same one again gets the same answer. */
  ask(name, parameters = {}) {
    const key = `${name} ${JSON.stringify(parameters)}`;
    let answer = this.answers.get(key);
    if (!answer) {
      answer = this.source.ask(name, parameters);
      this.answers.set(key, answer);
      answer.catch(() => this.answers.delete(key));
    }
    return answer;
  }

  functionOf(code) {
    return this.functions.get(code);
  }

  /** Numbers of the functions whose full name holds a text, whatever the case. */
  matching(text) {
    const wanted = text.toLowerCase();
    const found = new Set();
    for (const fn of this.functions.values())
      if (`${fn.module}.${fn.name}`.toLowerCase().includes(wanted)) found.add(fn.id);
    return found;
  }
}
