// A program that is talked to while it runs, over as many connections as it takes.

import { closedError, CodeRunnerError, noAnswer, problemError, strange } from './errors.js';
import { identified, isFinal } from './executions.js';
import { Spoken } from './spoken.js';
import { ToldOutput } from './told_output.js';

const INTERACT = '/v1/executions';

/** A program, from its beginning to its end. Iterating gives what is told of it; one may stop, and iterate on. */
export class Program {
  #transport;
  #task;
  #signal;
  #tries;
  #told = new ToldOutput();
  #spoken = new Spoken();
  #socket;
  #silence;
  #ready = [];
  #wake = () => {};
  #failure;
  #lastState = '';
  #isOver = false;

  /** `task`: a promise of what is submitted, where there is no `id`; it has an idempotency key. */
  constructor(transport, { id, task, signal }) {
    this.#transport = transport;
    /** The task's id; undefined until it is accepted. */
    this.id = id;
    this.#task = task;
    this.#signal = signal;
    this.#tries = transport.tries();
    signal?.addEventListener('abort', this.#aborted, { once: true });
    this.#run();
  }

  /** Gives it more of its standard input: a string or bytes, 1 MiB in all. */
  write(data) {
    this.#spoken.write(data);
    this.#send();
  }

  /** Its standard input ends. */
  closeInput() {
    this.#say({ close: true });
  }

  /** Sends a signal to it, and to the processes of its group. */
  signal(name) {
    this.#say({ signal: name });
  }

  /** Its terminal has this size now. */
  resize(rows, columns) {
    this.#say({ terminal: { rows, columns } });
  }

  /** Leaves it: the gateway ends it after a while. */
  close() {
    this.#end(new CodeRunnerError('the program was left', { code: 'CANCELLED' }));
  }

  /** The finished execution; what is told before is passed over. */
  async result() {
    for await (const event of this) {
      if (event.type === 'result') return event.execution;
    }
    throw new CodeRunnerError('its result was told before', { code: 'FAILED_PRECONDITION' });
  }

  [Symbol.asyncIterator]() {
    return { next: () => this.#next() }; // without `return`: who stops may go on
  }

  async #next() {
    while (this.#ready.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) return { done: true, value: undefined };
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return { done: false, value: this.#ready.shift() };
  }

  #aborted = () => this.#end(this.#signal.reason);

  #say(what) {
    this.#spoken.say(what);
    this.#send();
  }

  async #run() {
    try {
      this.#signal?.throwIfAborted();
      while (!this.#isOver) {
        try {
          await this.#connected();
        } catch (error) {
          if (!this.#isOver) await this.#tries.after(error, this.#signal);
        }
      }
    } catch (error) {
      this.#end(error);
    }
  }

  /** One connection; throws once it has broken. */
  async #connected() {
    const task = this.id === undefined ? await this.#task : undefined;
    const path = task ? `${INTERACT}:interact` : `${INTERACT}/${this.id}/interact`;
    const socket = await this.#transport.socket(path);
    try {
      await new Promise((resolve, reject) => {
        const late = () => reject(noAnswer(`no connection within ${this.#transport.timeoutMs} ms`));
        const timer = setTimeout(late, this.#transport.timeoutMs);
        let isOpened = false;
        this.#leave = resolve;
        socket.onopen = () => {
          clearTimeout(timer);
          isOpened = true;
          if (task) socket.send(JSON.stringify({ begin: task }));
          this.#spoken.startOver();
          this.#socket = socket;
          this.#send();
        };
        socket.onmessage = ({ data }) => {
          if (this.#isOver) return;
          try {
            this.#hear(data);
            if (this.#isOver) resolve();
          } catch (error) {
            reject(error);
          }
        };
        socket.onerror = () => {}; // the close that follows says as much
        socket.onclose = async ({ code }) => {
          clearTimeout(timer);
          reject((!isOpened && !this.#isOver && (await this.#transport.refusal(path))) || closedError(code));
        };
        this.#break = reject;
        if (this.#isOver) resolve();
      });
    } finally {
      this.#socket = undefined;
      clearTimeout(this.#silence);
      socket.onmessage = null;
      socket.close();
    }
  }

  #leave = () => {};
  #break = () => {};

  #send() {
    const socket = this.#socket;
    if (socket === undefined) return;
    for (const said of this.#spoken.news()) socket.send(JSON.stringify({ said }));
    this.#mindSilence();
  }

  /** A gateway that has gone without a word is found out by what it does not take. */
  #mindSilence() {
    clearTimeout(this.#silence);
    if (this.#spoken.isTaken) return;
    const silent = () => this.#break(noAnswer('the gateway took nothing of what was said'));
    this.#silence = setTimeout(silent, this.#transport.silenceMs);
  }

  #hear(data) {
    const { error, taken, waits, output, execution } = eventOf(data);
    if (error) throw problemError(error);
    if (taken) {
      this.#tries.reset();
      this.#spoken.taken(taken);
      this.#send();
    }
    if (waits) this.#push({ type: 'waits', attempt: waits.attempt });
    if (output) this.#hearOutput(identified(output));
    if (execution) this.#hearState(identified(execution));
  }

  #hearOutput(piece) {
    const news = this.#told.news(piece);
    if (news.length > 0) this.#tries.reset();
    for (const { stage, stream, offset, text, attempt } of news) {
      this.#push({ type: 'output', stage, stream, offset, text, attempt });
    }
  }

  #hearState(execution) {
    this.id = execution.id;
    const state = JSON.stringify(execution);
    if (state === this.#lastState) return; // the first word of every connection
    this.#lastState = state;
    this.#push({ type: isFinal(execution.status) ? 'result' : 'state', execution });
    if (isFinal(execution.status)) this.#end();
  }

  #push(event) {
    this.#ready.push(event);
    this.#wake();
  }

  /** The end; a failure is told after what was told before it. */
  #end(failure) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#signal?.removeEventListener('abort', this.#aborted);
    this.#leave();
    this.#wake();
  }
}

function eventOf(data) {
  let event;
  try {
    event = JSON.parse(data);
  } catch (error) {
    throw strange('a message that is no JSON', 200, error);
  }
  if (event === null || typeof event !== 'object') throw strange('a message that is no object');
  return event;
}
