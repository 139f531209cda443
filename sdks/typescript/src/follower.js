// Following one task until its end, over as many connections as it takes.

import { noAnswer, problemError, strange } from './errors.js';
import { identified, isFinal } from './executions.js';
import { ToldOutput } from './told_output.js';

export const EXECUTIONS = '/v1/executions';
const EVENT_ID = /^[\x21-\x7e]{1,1024}$/;
const LONG_MS = 5000; // a connection that lasted for so long was a good one

/** The events of one task, each once. */
export class Follower {
  #transport;
  #task;
  #signal;
  #tries;
  #told = new ToldOutput();
  #ready = [];
  #failure;
  #stream;
  #openedMs = 0;
  #lastEventId = '';
  #lastState = '';
  #onlySubmits = false;

  /** `task`: what is submitted first, where there is no `id` yet; it has an idempotency key. A caller who may submit,
   * and look at nothing, follows by submitting it again. */
  constructor(transport, { id, task, signal }) {
    this.#transport = transport;
    this.id = id;
    this.#task = task;
    this.#signal = signal;
    this.#tries = transport.tries();
  }

  /** The next event. Throws CodeRunnerError, or the signal's reason. */
  async next() {
    for (;;) {
      this.#signal?.throwIfAborted();
      if (this.#ready.length > 0) return this.#ready.shift();
      await this.#recover();
      try {
        this.#stream ??= await this.#open();
        const heard = await this.#stream.read();
        if (heard === undefined) throw noAnswer('the stream ended before its task');
        for (const one of heard) this.#take(one);
      } catch (error) {
        this.#failure = error; // after what was told before it
        this.close();
      }
    }
  }

  close() {
    this.#stream?.close();
    this.#stream = undefined;
  }

  async #recover() {
    if (this.#failure === undefined) return;
    const failure = this.#failure;
    this.#failure = undefined;
    if (this.#openedMs && Date.now() - this.#openedMs > LONG_MS) this.#tries.reset();
    this.#openedMs = 0;
    await this.#tries.after(failure, this.#signal);
  }

  async #open() {
    const stream = (await this.#opened()) ?? (await this.#submitted());
    this.#openedMs = Date.now();
    return stream;
  }

  /** The stream of a task that was submitted; undefined where its caller may only submit. */
  async #opened() {
    if (!this.id || this.#onlySubmits) return undefined;
    const options = { lastEventId: this.#lastEventId, signal: this.#signal };
    try {
      return await this.#transport.open('GET', `${EXECUTIONS}/${this.id}/events`, options);
    } catch (error) {
      if (error.status !== 403 || !this.#task) throw error;
      this.#onlySubmits = true;
      return undefined;
    }
  }

  /** The stream of the task that is submitted with it: by its key it is the same one every time. */
  #submitted() {
    return this.#transport.open('POST', EXECUTIONS, { body: this.#task, signal: this.#signal });
  }

  #take({ name, id, data }) {
    if (name === 'error') throw problemError(dataOf(data));
    if (name === 'output') this.#takeOutput(identified(dataOf(data)));
    else if (name === 'state') this.#takeState(data);
    else if (name === 'result') this.#takeResult(identified(dataOf(data)));
    if (id !== undefined && EVENT_ID.test(id)) this.#lastEventId = id;
  }

  #takeOutput(piece) {
    this.id ??= piece.id;
    const isPiece = Number.isSafeInteger(piece.offset) && piece.offset >= 0 && typeof piece.text === 'string';
    if (!isPiece || !Number.isInteger(piece.attempt)) throw strange('a piece of output that says not where it belongs');
    const news = this.#told.news(piece);
    if (news.length > 0) this.#tries.reset();
    for (const { stage, stream, offset, text, attempt } of news) {
      this.#ready.push({ type: 'output', stage, stream, offset, text, attempt });
    }
  }

  #takeState(data) {
    const execution = identified(dataOf(data));
    this.id ??= execution.id;
    if (data === this.#lastState) return; // the first word of every connection
    this.#lastState = data;
    this.#ready.push({ type: 'state', execution });
  }

  #takeResult(execution) {
    if (!isFinal(execution.status)) throw strange('a result that is none');
    this.#ready.push({ type: 'result', execution });
  }
}

function dataOf(data) {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw strange('an event that is no JSON', 200, error);
  }
}
