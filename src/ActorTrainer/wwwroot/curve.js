// The steps of a run as they come: each once, none missing, and back to where training went on after a restart.

import { api } from "./api.js";

const page = 10000, most = 50000;

export class Curve {
  constructor(name) {
    this.path = `/v1/experiments/${encodeURIComponent(name)}/metrics`;
    this.steps = [];
    this.asking = Promise.resolve();
  }

  get last() {
    return this.steps.at(-1)?.step ?? 0;
  }

  /** Everything from the file of metrics after what is here; of a long run its latest part. */
  load(upTo) {
    return this.asking = this.asking.then(async () => {
      let from = Math.max(this.last + 1, upTo - most);
      for (;;) {
        const steps = await api(`${this.path}?from=${from}`);
        this.steps.push(...steps);
        if (steps.length < page) return;
        from = this.last + 1;
      }
    }, () => { });
  }

  /** A step that has just been made. */
  async add(step) {
    if (step.step > this.last + 1) {
      await this.load(step.step);
      return;
    }
    while (this.steps.length && this.last >= step.step) this.steps.pop();
    this.steps.push(step);
  }
}
