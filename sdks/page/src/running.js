// One run of a program, from the click to its result.

import { cancel, RunError } from './transport.js';

/** Tells `onState(status)`, `onOutput(pieces)` and, at the end, gives the finished execution. */
export class Running {
  #place;
  #told;
  #events;
  #leaving = new AbortController();
  #id = '';
  #isStopped = false;

  /** `events(place, task, signal)`: as transport.js has them. */
  constructor(place, told, events) {
    this.#place = place;
    this.#told = told;
    this.#events = events;
  }

  /** Submits the task; its finished execution. Throws RunError, or an AbortError after `leave`. */
  async result(task) {
    for await (const batch of this.#events(this.#place, task, this.#leaving.signal)) {
      const pieces = batch.filter(({ name }) => name === 'output').map(({ data }) => data);
      for (const { name, data } of batch) {
        if (name === 'state') this.#takeState(data);
      }
      if (pieces.length > 0) this.#told.onOutput(pieces);
      const result = batch.find(({ name }) => name === 'result');
      if (result) return result.data;
    }
    throw new RunError('The connection was lost.');
  }

  /** Ends the program; its result says so. */
  stop() {
    if (this.#isStopped) {
      this.leave(); // whoever asks twice waits for nobody
      return;
    }
    this.#isStopped = true;
    if (this.#id) cancel(this.#place, this.#id);
  }

  /** Ends the program, and tells nothing any more. */
  leave() {
    if (this.#id) cancel(this.#place, this.#id);
    this.#leaving.abort();
  }

  #takeState({ id, status }) {
    const isNew = !this.#id;
    this.#id = id;
    if (isNew && this.#isStopped) cancel(this.#place, id);
    if (!this.#isStopped) this.#told.onState(status);
  }
}
