// One connection that tells events.

import { noAnswer } from './errors.js';
import { EventParser } from './event_parser.js';

/** Reads the events of one answer. It breaks where nothing came for `silenceMs`: the gateway gives signs of life. */
export class EventStream {
  #reader;
  #deadline;
  #silenceMs;
  #parser = new EventParser();
  #decoder = new TextDecoder();

  constructor(body, deadline, silenceMs) {
    this.#reader = body.getReader();
    this.#deadline = deadline;
    this.#silenceMs = silenceMs;
  }

  /** The next events, none where only a part of one came; undefined at the end. Throws CodeRunnerError. */
  async read() {
    this.#deadline.restart(this.#silenceMs);
    try {
      const { done, value } = await this.#reader.read();
      this.#deadline.pause(); // until the caller wants more
      return done ? undefined : this.#parser.push(this.#decoder.decode(value, { stream: true }));
    } catch (error) {
      throw this.#deadline.reasonOr(error?.name === 'CodeRunnerError' ? error : noAnswer('the stream broke off', error));
    }
  }

  close() {
    this.#deadline.close();
    this.#reader.cancel().catch(() => {});
  }
}
