// Results that come by callback: they end a reader's stream also where the gateway that was asked is away.

import { isFinal } from './executions.js';
import { keysOf, receive } from './webhooks.js';

const MOST_BYTES = 16 * 1024 * 1024;
const MOST_RESULTS = 1000;

/** Asks for callbacks, verifies them, and hands their results to the streams. */
export class Callbacks {
  #secrets;
  #results;

  /** `results`: what several processes share, an object with `put(id, text)` and `of(id, signal)`. */
  constructor({ url, secrets, results = new MemoryResults() }) {
    if (typeof url !== 'string' || url === '') throw new TypeError('callbacks need the url under which CodeRunner reaches them');
    keysOf(secrets); // before a callback comes
    this.url = url;
    this.#secrets = secrets;
    this.#results = results;
  }

  /** Takes one callback; what comes twice changes nothing. Throws WebhookError. */
  async take(headers, body) {
    const { execution } = await receive(headers, body, this.#secrets);
    if (execution && isFinal(execution.status)) await this.#results.put(execution.id, new TextDecoder().decode(body));
  }

  /** The execution of the task, once its callback has come; `signal` ends the waiting. */
  async execution(id, signal) {
    return JSON.parse(await this.#results.of(id, signal));
  }
}

/** The results of a backend of one process: of those that nobody waits for, the newest. */
export class MemoryResults {
  #recent = new Map();
  #held = 0;
  #waiting = new Map();
  #most;

  constructor(mostBytes = MOST_BYTES) {
    this.#most = mostBytes;
  }

  put(id, text) {
    for (const resolve of this.#waiting.get(id) ?? []) resolve(text);
    this.#waiting.delete(id);
    if (text.length > this.#most / 2 || this.#recent.has(id)) return;
    this.#recent.set(id, text);
    this.#held += text.length;
    for (const [oldest, { length }] of this.#recent) {
      if (this.#held <= this.#most && this.#recent.size <= MOST_RESULTS) break;
      this.#recent.delete(oldest);
      this.#held -= length;
    }
  }

  of(id, signal) {
    if (this.#recent.has(id)) return Promise.resolve(this.#recent.get(id));
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting.add(resolve));
      signal.addEventListener('abort', () => {
        waiting.delete(resolve);
        if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
        reject(signal.reason);
      }, { once: true });
    });
  }
}

/** The events of a task by its stream or by its callback, whichever has its end first. `id`: of the task, where it is known
 * before the first event. */
export async function* whicheverIsFirst(begin, callbacks, id, signal) {
  const ending = new AbortController();
  const stop = () => ending.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const events = begin(ending.signal)[Symbol.asyncIterator]();
    let called = id && resultOf(callbacks, id, ending.signal);
    for (;;) {
      const upcoming = events.next();
      upcoming.catch(() => {}); // it is asked for, or late
      const { value, done } = await Promise.race(called ? [called, upcoming] : [upcoming]);
      if (done) return;
      yield value;
      if (value.type === 'result') return;
      if (value.execution) called ??= resultOf(callbacks, value.execution.id, ending.signal);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    ending.abort();
  }
}

/** Where it fails, or the stream has ended before, it is not heard of. */
function resultOf(callbacks, id, signal) {
  const told = (execution) => ({ value: { type: 'result', execution }, done: false });
  return callbacks.execution(id, signal).then(told, () => new Promise(() => {}));
}
