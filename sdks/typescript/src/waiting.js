// Time: deadlines of requests, pauses between tries.

import { CodeRunnerError, isTransient } from './errors.js';

const BASE_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
const MAX_RETRY_AFTER_MS = 60_000; // who is told to wait for longer decides himself

/** A signal that aborts with the caller's, or when its time is up. */
export class Deadline {
  #controller = new AbortController();
  #outer;
  #timer;
  #forward = () => this.#controller.abort(this.#outer.reason);

  constructor(outer, ms) {
    this.#outer = outer;
    outer?.throwIfAborted();
    outer?.addEventListener('abort', this.#forward, { once: true });
    this.restart(ms);
  }

  get signal() {
    return this.#controller.signal;
  }

  /** Gives it so much time from now on. */
  restart(ms) {
    clearTimeout(this.#timer);
    const late = () => new CodeRunnerError(`no answer within ${ms} ms`, { code: 'DEADLINE_EXCEEDED' });
    this.#timer = setTimeout(() => this.#controller.abort(late()), ms);
  }

  /** Stops the time: nobody waits. */
  pause() {
    clearTimeout(this.#timer);
  }

  close() {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#forward);
  }

  /** What a failure under this deadline is to be told as. */
  reasonOr(error) {
    return this.signal.aborted ? this.signal.reason : error;
  }
}

/** The tries of one request: pauses that double, each shortened at random so that not all come back at once. */
export class Tries {
  #failures = 0;
  #retries;

  constructor(retries) {
    this.#retries = retries;
  }

  /** Something went well: failures before it do not count. */
  reset() {
    this.#failures = 0;
  }

  /** Waits until another try is worth it; throws the error where none is. */
  async after(error, signal) {
    const asked = error?.retryAfterMs ?? 0;
    if (!isTransient(error) || this.#failures >= this.#retries || asked > MAX_RETRY_AFTER_MS) throw error;
    const pause = Math.min(BASE_PAUSE_MS * 2 ** this.#failures, MAX_PAUSE_MS);
    this.#failures += 1;
    await sleep(asked + pause * (0.5 + Math.random() / 2), signal);
  }
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = (settle) => () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      settle();
    };
    const aborted = end(() => reject(signal.reason));
    const timer = setTimeout(end(resolve), ms);
    signal?.addEventListener('abort', aborted, { once: true });
  });
}
