// The client.

import { BLOB_MS, BLOBS, bytesOf, digestOf, inlineOf } from './blobs.js';
import { CodeRunnerError } from './errors.js';
import { identified, idOf, isFinal, listOf } from './executions.js';
import { EXECUTIONS, Follower } from './follower.js';
import { withKey } from './keys.js';
import { Program } from './program.js';
import { Transport } from './transport.js';
import { Deadline } from './waiting.js';

const WAIT_MS = 30_000;
const MAX_WAIT_MS = 270_000; // a gateway waits for 300 s at most, and so does the fetch of Node.js
const CANCEL_MS = 5000;

/** A client of one gateway. It holds no connection open: nothing has to be closed. */
export class CodeRunner {
  #transport;

  constructor(url, options = {}) {
    this.#transport = new Transport(url, options);
  }

  /** Runs a task and returns its finished execution, however long that takes. */
  async run(task, options = {}) {
    const { signal, waitMs = WAIT_MS } = options;
    const body = await withKey(task);
    const subject = { task: body };
    try {
      const mostMs = Math.min(Math.max(waitMs, 0), MAX_WAIT_MS);
      const query = new URLSearchParams({ wait: (mostMs / 1000).toFixed(3) });
      const answer = identified(await this.#ask('POST', EXECUTIONS, { query, body, signal, waitMs: mostMs }));
      subject.id = answer.id;
      return answer.status && isFinal(answer.status) ? answer : await this.#resultOf(subject, signal);
    } catch (error) {
      await this.#cancelIfAsked(subject, options);
      throw error;
    }
  }

  /** Submits a task; returns its id as soon as it is accepted. */
  async submit(task, { signal } = {}) {
    return identified(await this.#ask('POST', EXECUTIONS, { body: await withKey(task), signal })).id;
  }

  /** Submits several tasks; returns for each its id, or why it was refused. */
  async submitBatch(tasks, { signal } = {}) {
    const body = { tasks: await Promise.all(Array.from(tasks, withKey)) };
    return listOf(await this.#ask('POST', `${EXECUTIONS}:batch`, { body, signal }), 'results');
  }

  /** The task as it stands now. */
  async get(id, { signal } = {}) {
    return identified(await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}`, { signal }));
  }

  /** Cancels a task. */
  async cancel(id, { signal } = {}) {
    return this.#ask('DELETE', `${EXECUTIONS}/${idOf(id)}`, { signal });
  }

  /** What was submitted, where the history keeps it. */
  async source(id, { signal } = {}) {
    return (await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}/source`, { signal })).task;
  }

  /** What was tried to deliver the result to its callback; null where nothing was. */
  async callback(id, { signal } = {}) {
    return (await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}/callback`, { signal })).record;
  }

  /** The caller's tasks, newest first; page after page is fetched as it is needed. */
  async *list(filter = {}, { signal } = {}) {
    for (let token = filter.page_token; ; ) {
      const page = await this.page({ ...filter, page_token: token }, { signal });
      yield* page.executions;
      if (!page.next_page_token || page.next_page_token === token) return;
      token = page.next_page_token;
    }
  }

  /** One page of the caller's tasks. */
  async page(filter = {}, { signal } = {}) {
    const answer = await this.#ask('GET', EXECUTIONS, { query: queryOf(filter), signal });
    listOf(answer, 'executions');
    return answer;
  }

  /** Puts large content once: tasks name it by its digest. */
  async putBlob(content, { signal } = {}) {
    const bytes = await bytesOf(content);
    const digest = await digestOf(bytes);
    const [verb, path] = digest ? ['PUT', `${BLOBS}/${digest}`] : ['POST', BLOBS];
    return this.#ask(verb, path, { bytes, signal, waitMs: BLOB_MS });
  }

  /** What a blob of this client holds. */
  async getBlob(digest, { signal } = {}) {
    return this.#fetched(`${BLOBS}/${encodeURIComponent(digest)}`, digest, signal);
  }

  /** What a file holds that an execution has left: fetched where it did not come with the result. */
  async file(execution, file, { signal } = {}) {
    if (file.data !== null && file.data !== undefined) return inlineOf(file);
    const path = `${EXECUTIONS}/${idOf(execution.id)}/files/${encodeURIComponent(file.digest)}`;
    return this.#fetched(path, file.digest, signal);
  }

  /** The languages that can be run. */
  async languages({ signal } = {}) {
    return listOf(await this.#ask('GET', '/v1/languages', { signal }), 'languages');
  }

  /** The live nodes. */
  async nodes({ signal } = {}) {
    return listOf(await this.#ask('GET', '/v1/nodes', { signal }), 'nodes');
  }

  /** The events of a task until its end, the last of which has its result. */
  async *follow(id, options = {}) {
    yield* this.#events({ id: idOf(id) }, options);
  }

  /** Submits a task and tells its events, of which none is missed. */
  async *runAndFollow(task, options = {}) {
    yield* this.#events({ task: await withKey(task) }, options);
  }

  /** Submits a task and talks to its program while it runs. */
  interact(task, { signal } = {}) {
    const kept = withKey(task);
    kept.catch(() => {}); // who iterates is told
    return new Program(this.#transport, { task: kept, signal });
  }

  /** Goes on talking to the program of a task that was begun so, or submitted with an `interaction`. */
  talkTo(id, { signal } = {}) {
    return new Program(this.#transport, { id: idOf(id), signal });
  }

  /** A WebSocket of the gateway, which is not open yet, for who passes on what others say: to the program of a task, or
   * to one that its first message begins. */
  async socket(id) {
    return this.#transport.socket(id === undefined ? `${EXECUTIONS}:interact` : `${EXECUTIONS}/${idOf(id)}/interact`);
  }

  async *#events(subject, options) {
    const follower = new Follower(this.#transport, { ...subject, signal: options.signal });
    let hasEnded = false;
    try {
      while (!hasEnded) {
        const event = await follower.next();
        hasEnded = event.type === 'result';
        yield event;
      }
    } finally {
      follower.close();
      if (!hasEnded) await this.#cancelIfAsked({ ...subject, id: follower.id }, options);
    }
  }

  async #resultOf(subject, signal) {
    for await (const event of this.#events(subject, { signal })) {
      if (event.type === 'result') return event.execution;
    }
    return undefined; // never: events end with a result or throw
  }

  /** Cancels the task where its caller aborted and wants that. One whose id did not arrive is found by its key. */
  async #cancelIfAsked({ id, task }, { signal, cancelOnAbort }) {
    if (!cancelOnAbort || !signal?.aborted) return;
    const deadline = new Deadline(undefined, CANCEL_MS);
    try {
      await this.cancel(id ?? (await this.submit(task, deadline)), deadline);
    } catch {
      // The caller has gone: the abort is what he is told of.
    } finally {
      deadline.close();
    }
  }

  async #fetched(path, digest, signal) {
    const bytes = await this.#ask('GET', path, { signal, waitMs: BLOB_MS, isBytes: true });
    const found = await digestOf(bytes);
    if (found && found !== digest) throw new CodeRunnerError(`what came is not ${digest}`);
    return bytes;
  }

  #ask(verb, path, options) {
    return this.#transport.ask(verb, path, options);
  }
}

function queryOf(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') query.append(name, String(one));
    }
  }
  return query;
}
