// Written by `python -m dev.typescript_sdk` from src/; a test holds them together.
'use strict';

// keys.js
// Idempotency keys: with one a task can be submitted again, and runs once.

/** A UUID of version 7 (RFC 9562, 5.7): its time tells the gateway that nobody can have used it long ago. */
async function freshKey() {
  const bytes = (await cryptography()).getRandomValues(new Uint8Array(16));
  const time = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The task with a key: its own, or a fresh one. */
async function withKey(task) {
  if (task === null || typeof task !== 'object') throw new TypeError('a task is an object: {language, files}');
  return task.idempotency_key ? task : { ...task, idempotency_key: await freshKey() };
}

/** The platform's Web Crypto. */
async function cryptography() {
  if (globalThis.crypto) return globalThis.crypto;
  const name = 'node:crypto'; // Node.js 18 has it nowhere else; a name that bundlers do not follow
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)).webcrypto;
}

// blobs.js
// Large content: what is put once and named by digest, and files that did not come with their results.


const BLOBS = '/v1/blobs';
/** For one blob, beside the usual time. */
const BLOB_MS = 150_000;

/** The bytes of a content. */
async function bytesOf(content) {
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (typeof content === 'string') return new TextEncoder().encode(content);
  if (typeof content?.arrayBuffer === 'function') return new Uint8Array(await content.arrayBuffer());
  throw new TypeError('a content is a string, a Uint8Array, an ArrayBuffer, a Blob or a File');
}

/** `sha256:` and 64 hexadecimal digits; undefined where there is nothing that makes it (a page without TLS). */
async function digestOf(bytes) {
  const { subtle } = await cryptography();
  if (!subtle) return undefined;
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What a file of a result holds, where that has it. */
function inlineOf(file) {
  return Uint8Array.from(atob(file.data), (character) => character.charCodeAt(0));
}

// errors.js
// The one kind of error that the client throws, and how it is made of what a server says.

const CODES = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  429: 'RESOURCE_EXHAUSTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};
const TRANSIENT = new Set([0, 408, 429, 502, 503, 504]);
const MAX_ERROR_CHARS = 64 * 1024; // of a body that tells of a failure; the rest is not read

/** A request that did not do what it was for. A program that fails is no error: its execution says so. */
class CodeRunnerError extends Error {
  /** `status` 0: there was no answer. */
  constructor(message, { status = 0, code = 'UNKNOWN', violations = [], retryAfterMs, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CodeRunnerError';
    this.status = status;
    this.code = code;
    this.violations = violations;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether the same request may be answered a little later. */
function isTransient(error) {
  if (!(error instanceof CodeRunnerError)) return false;
  return TRANSIENT.has(error.status) || error.code === 'UNAVAILABLE' || error.code === 'RESOURCE_EXHAUSTED';
}

/** No answer came, or it broke off. */
function noAnswer(message, cause) {
  return new CodeRunnerError(message, { code: 'UNAVAILABLE', cause });
}

/** A WebSocket was closed. With 4000 and a status of HTTP it was refused, as gateways and backends have it. */
function closedError(code) {
  const status = code - 4000;
  if (status >= 400 && status < 600) return problemError({ status, detail: `The server answered ${status}.` });
  return noAnswer(`the connection ended (${code}) before the program`);
}

/** An answer that no gateway gives: of something else at that address, or in between. It is not asked again. */
function strange(message, status = 200, cause = undefined) {
  return new CodeRunnerError(`not an answer of a CodeRunner gateway: ${message}`, { status, cause });
}

/** The error that a problem (RFC 9457) tells of. `fallback`: what its answer says without it. */
function problemError(problem, fallback = {}) {
  const told = problem !== null && typeof problem === 'object' ? problem : {};
  const status = fallback.status ?? (Number.isInteger(told.status) ? told.status : 500);
  const retryAfterMs = milliseconds(told.retry_after_ms) ?? fallback.retryAfterMs;
  const message = typeof told.detail === 'string' && told.detail ? told.detail : fallback.message;
  const violations = Array.isArray(told.violations) ? told.violations.filter(isViolation) : [];
  const code = typeof told.code === 'string' && told.code ? told.code : CODES[status];
  return new CodeRunnerError(message ?? 'the gateway failed', { status, code, violations, retryAfterMs });
}

/** The error that an answer tells of, whoever wrote it: the gateway, or a proxy before it. */
async function answerError(response) {
  const { status } = response;
  const type = mediaType(response);
  const body = await beginning(response);
  const message = `${status} ${response.statusText}`.trim() + (type.endsWith('json') ? '' : ` (${type || 'no words'})`);
  const fallback = { status, retryAfterMs: retryAfter(response.headers.get('retry-after')), message };
  if (status === 0 || (status >= 300 && status < 400)) return strange('the address leads elsewhere', status || 302); // a browser does not say which it is
  return problemError(type.endsWith('json') ? parsed(body) : undefined, fallback);
}

/** What an answer is, in lower case and without parameters. */
function mediaType(response) {
  return (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
}

function isViolation(one) {
  return one !== null && typeof one === 'object' && typeof one.field === 'string' && typeof one.description === 'string';
}

function milliseconds(value) {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

/** Of a `Retry-After`: seconds, or a date. */
function retryAfter(value) {
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return milliseconds(ms);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function beginning(response) {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let read = await reader.read(); !read.done && text.length < MAX_ERROR_CHARS; read = await reader.read()) {
      text += decoder.decode(read.value, { stream: true });
    }
  } catch {
    // What came of it must do: the status says more.
  }
  reader.cancel().catch(() => {});
  return text;
}

// executions.js
// What an execution is, of what a server sent.


const ID = /^\w[\w.-]{0,127}$/; // a handle of a blog's own backend has a dot

/** Whether a task in this state has ended. */
function isFinal(status) {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

/** The id of a task, as a part of an address. Throws TypeError for what cannot be one. */
function idOf(id) {
  if (typeof id !== 'string' || !ID.test(id)) throw new TypeError('the id of a task is letters, digits and hyphens');
  return id;
}

/** The execution, or another object with a task's id. Throws CodeRunnerError where it is none. */
function identified(body) {
  if (body === null || typeof body !== 'object' || typeof body.id !== 'string' || !ID.test(body.id)) {
    throw strange('it names no task');
  }
  return body;
}

/** One list of an answer. Throws CodeRunnerError where there is none. */
function listOf(body, name) {
  if (body === null || typeof body !== 'object' || !Array.isArray(body[name])) throw strange(`it has no ${name}`);
  return body[name];
}

// told_output.js
// How much of a task's output was told, so that nothing is told twice.

/** The account of one follower. Offsets count characters as the gateway does, in code points: an emoji is one. */
class ToldOutput {
  #attempt = 0;
  #streams = new Map();

  /** What of a piece has not been told; it is told from now on. A higher attempt begins anew. */
  news(piece) {
    if (piece.attempt < this.#attempt) return [];
    if (piece.attempt > this.#attempt) this.#streams.clear();
    this.#attempt = piece.attempt;
    const name = `${piece.stage}/${piece.stream}`;
    if (!this.#streams.has(name)) this.#streams.set(name, new Spans());
    const length = codePoints(piece.text);
    const missing = this.#streams.get(name).add(piece.offset, piece.offset + length);
    return missing.map(([start, end]) => part(piece, start - piece.offset, end - piece.offset, length));
  }
}

/** Disjoint ranges of numbers, in order. */
class Spans {
  #spans = [];

  /** Adds a range; returns the parts of it that were not there. */
  add(start, end) {
    const last = this.#spans[this.#spans.length - 1];
    if (end <= start) return [];
    if (!last || start > last[1]) {
      this.#spans.push([start, end]);
      return [[start, end]];
    }
    if (start === last[1]) {
      last[1] = end;
      return [[start, end]];
    }
    return this.#weave(start, end);
  }

  #weave(start, end) {
    const missing = [];
    const woven = this.#spans.filter(([, to]) => to < start);
    const merged = [start, end];
    let at = start;
    for (const [from, to] of this.#spans.slice(woven.length)) {
      if (from > end) break;
      if (at < from) missing.push([at, from]);
      at = Math.max(at, to);
      merged[0] = Math.min(merged[0], from);
      merged[1] = Math.max(merged[1], to);
    }
    if (at < end) missing.push([at, end]);
    this.#spans = [...woven, merged, ...this.#spans.filter(([from]) => from > end)];
    return missing;
  }
}

function part(piece, start, end, length) {
  if (start === 0 && end === length) return piece;
  const { text } = piece;
  const isPlain = length === text.length;
  const from = isPlain ? start : unitAt(text, start, 0);
  const to = isPlain ? end : unitAt(text, end - start, from);
  return { ...piece, offset: piece.offset + start, text: text.slice(from, to) };
}

function codePoints(text) {
  let count = 0;
  for (let unit = 0; unit < text.length; unit += width(text, unit)) count += 1;
  return count;
}

/** The index of so many code points after another. */
function unitAt(text, points, from) {
  let unit = from;
  for (let left = points; left > 0; left--) unit += width(text, unit);
  return unit;
}

function width(text, unit) {
  return text.codePointAt(unit) > 0xffff ? 2 : 1;
}

// follower.js
// Following one task until its end, over as many connections as it takes.


const EXECUTIONS = '/v1/executions';
const EVENT_ID = /^[\x21-\x7e]{1,1024}$/;
const LONG_MS = 5000; // a connection that lasted for so long was a good one

/** The events of one task, each once. */
class Follower {
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

// spoken.js
// What was said to a program, by number: kept, so that it can be said again.

const SAID_BYTES = 64 * 1024;
const SAID_UNITS = 16 * 1024; // of a text: each has three bytes at most
const MAX_INPUT_BYTES = 1024 * 1024;
const MAX_THINGS = 65_536;
const BASE64_BYTES = 0x6000; // a multiple of three, so that pieces can be put together

/** All that was said. A node that begins the task anew, because another one died, is told all of it again. */
class Spoken {
  #said = [];
  #bytes = 0;
  #next = 0;
  #taken = 0;
  #attempt = 0;

  /** Says input, in as many pieces as it takes. Throws RangeError where that is more than a program may be told. */
  write(data) {
    const isText = typeof data === 'string';
    if (!isText && !(data instanceof Uint8Array)) throw new TypeError('input is a string or a Uint8Array');
    const bytes = isText ? new TextEncoder().encode(data) : data;
    if (this.#bytes + bytes.length > MAX_INPUT_BYTES) throw new RangeError('a program takes 1 MiB of input at most');
    this.#bytes += bytes.length;
    const pieces = isText ? textPieces(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) : bytePieces(bytes);
    for (const what of pieces) this.say(what);
  }

  /** Says one thing. Throws RangeError as `write`. */
  say(what) {
    if (this.#said.length >= MAX_THINGS) throw new RangeError('a program is told 65,536 things at most');
    this.#said.push({ number: this.#said.length + 1, ...what });
  }

  /** The node has all up to this number; a new attempt goes on from there. */
  taken({ number, attempt }) {
    if (attempt !== this.#attempt) this.#next = Math.min(number, this.#said.length);
    this.#attempt = attempt;
    this.#taken = number;
  }

  /** Whether a node has all of it. */
  get isTaken() {
    return this.#taken >= this.#said.length;
  }

  /** A new connection is told what is not known to be taken. */
  startOver() {
    this.#next = Math.min(this.#taken, this.#said.length);
  }

  /** What is to be sent. */
  *news() {
    while (this.#next < this.#said.length) yield this.#said[this.#next++];
  }
}

function* textPieces(text) {
  for (let start = 0; start < text.length; ) {
    const end = start + SAID_UNITS;
    const isPair = end < text.length && text.codePointAt(end - 1) > 0xffff;
    const stop = isPair ? end - 1 : end;
    yield { input: text.slice(start, stop) };
    start = stop;
  }
}

function* bytePieces(bytes) {
  for (let start = 0; start < bytes.length; start += SAID_BYTES) {
    yield { input_data: base64(bytes.subarray(start, start + SAID_BYTES)) };
  }
}

function base64(bytes) {
  let text = '';
  for (let start = 0; start < bytes.length; start += BASE64_BYTES) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + BASE64_BYTES)));
  }
  return text;
}

// program.js
// A program that is talked to while it runs, over as many connections as it takes.


const INTERACT = '/v1/executions';

/** A program, from its beginning to its end. Iterating gives what is told of it; one may stop, and iterate on. */
class Program {
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

// event_parser.js
// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html


const MAX_EVENT_CHARS = 256 * 1024 * 1024; // half of what a string may have

/** Makes events of the text of a stream, in time that is linear in its length. An event that broke off is none. */
class EventParser {
  #line = []; // the pieces of the line that has not ended
  #data = [];
  #size = 0; // characters of both
  #name = '';
  #id;

  /** The events that end in this piece, as `{name, id, data}`; `id` undefined: it has none. */
  push(text) {
    const events = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line.push(text.slice(start, end));
      this.#take(this.#line.join('').replace(/\r$/, ''), events);
      this.#line = [];
      start = end + 1;
    }
    if (start < text.length) this.#line.push(text.slice(start));
    this.#size += text.length;
    if (this.#size > MAX_EVENT_CHARS) throw strange('an event that does not end');
    return events;
  }

  #take(line, events) {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id') this.#id = value;
  }

  #dispatch(events) {
    if (this.#data.length > 0) events.push({ name: this.#name, id: this.#id, data: this.#data.join('\n') });
    this.#data = [];
    this.#size = 0;
    this.#name = '';
    this.#id = undefined;
  }
}

// event_stream.js
// One connection that tells events.


/** Reads the events of one answer. It breaks where nothing came for `silenceMs`: the gateway gives signs of life. */
class EventStream {
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

// waiting.js
// Time: deadlines of requests, pauses between tries.


const BASE_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
const MAX_RETRY_AFTER_MS = 60_000; // who is told to wait for longer decides himself

/** A signal that aborts with the caller's, or when its time is up. */
class Deadline {
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
class Tries {
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

// transport.js
// Requests to one gateway.


const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';
const NO_SOCKET = 426; // of one who asks for none
const TOKEN = /^[\x21-\x7e]+$/;
const SOCKET_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // of a subprotocol's name (RFC 6455, 4.1)

/** Sends requests, each again where that is worth it: all of them are safe to repeat. */
class Transport {
  #base;
  #token;
  #fetch;
  #sockets;
  #retries;

  constructor(url, { token, fetch, WebSocket = globalThis.WebSocket, retries = 6, timeoutMs = 30_000, silenceMs = 45_000 }) {
    this.#base = baseOf(url);
    this.#token = token;
    const send = fetch ?? globalThis.fetch;
    if (typeof send !== 'function') throw new TypeError('there is no fetch here: give one as an option');
    this.#fetch = (address, init) => send(address, init); // a browser's wants no object before it
    this.#sockets = WebSocket;
    this.#retries = retries;
    this.timeoutMs = timeoutMs;
    this.silenceMs = silenceMs;
  }

  /** A new count of tries. */
  tries() {
    return new Tries(this.#retries);
  }

  /** The JSON of an answer, or its bytes. `bytes`: are sent as they are; `waitMs`: how much longer than usual it may
   * take. Throws CodeRunnerError. */
  async ask(verb, path, { query, body, bytes, signal, waitMs = 0, isBytes = false } = {}) {
    const tries = this.tries();
    for (;;) {
      try {
        return await this.#asked(verb, path, { query, body, bytes, signal, waitMs, isBytes });
      } catch (error) {
        await tries.after(error, signal);
      }
    }
  }

  /** A stream of events; one try. Throws CodeRunnerError. */
  async open(verb, path, { body, lastEventId, signal }) {
    const deadline = new Deadline(signal, this.timeoutMs);
    try {
      const headers = lastEventId ? { 'Last-Event-ID': lastEventId } : {};
      const response = await this.#send(verb, path, { body, accept: EVENTS, headers, deadline });
      if (mediaType(response) !== EVENTS || !response.body) {
        response.body?.cancel().catch(() => {});
        throw strange(`${response.status} ${mediaType(response)} in place of events`, response.status);
      }
      return new EventStream(response.body, deadline, this.silenceMs);
    } catch (error) {
      deadline.close();
      throw error;
    }
  }

  /** A WebSocket, which is not open yet. A page cannot have its browser send a header: the token is a subprotocol. */
  async socket(path) {
    const Socket = this.#sockets;
    if (typeof Socket !== 'function') {
      throw new TypeError('there is no WebSocket here: give one as an option, or take Node.js from 22 on');
    }
    const token = await this.#tokenNow();
    if (token && !SOCKET_TOKEN.test(token)) throw new TypeError('the token has characters that no WebSocket can show');
    const protocols = token ? ['coderunner.v1', `coderunner.bearer.${token}`] : ['coderunner.v1'];
    return new Socket(this.#base.replace(/^http/, 'ws') + path, protocols);
  }

  /** Why a WebSocket was not opened, of which nobody is told: what a request of the same path is answered. Undefined where
   * there is no answer either. */
  async refusal(path) {
    try {
      await this.#asked('GET', path, { waitMs: 0 });
    } catch (error) {
      if (error.status !== NO_SOCKET) return error instanceof CodeRunnerError && error.code !== 'UNAVAILABLE' ? error : undefined;
      return new CodeRunnerError(error.message, { status: NO_SOCKET, code: 'UNAVAILABLE' }); // it is there, and may let one through
    }
    return undefined;
  }

  async #asked(verb, path, { query, body, bytes, signal, waitMs, isBytes }) {
    const deadline = new Deadline(signal, this.timeoutMs + waitMs);
    try {
      const accept = isBytes ? '*/*' : JSON_TYPE;
      const response = await this.#send(verb, path, { query, body, bytes, accept, headers: {}, deadline });
      return await (isBytes ? bodyOf(response, deadline) : jsonOf(response, deadline));
    } finally {
      deadline.close();
    }
  }

  async #send(verb, path, { query, body, bytes, accept, headers, deadline }) {
    const init = {
      method: verb,
      headers: { Accept: accept, ...headers, ...(await this.#authorization()) },
      cache: 'no-store',
      redirect: 'manual', // a token goes to the gateway, and nowhere else
      signal: deadline.signal,
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers['Content-Type'] = JSON_TYPE;
    }
    if (bytes !== undefined) {
      init.body = bytes;
      init.headers['Content-Type'] = 'application/octet-stream';
    }
    let response;
    try {
      response = await this.#fetch(this.#base + path + (query ? `?${query}` : ''), init);
    } catch (error) {
      throw deadline.reasonOr(noAnswer(`the gateway at ${this.#base} does not answer`, error));
    }
    if (response.status >= 200 && response.status < 300) return response;
    throw deadline.reasonOr(await answerError(response));
  }

  #tokenNow() {
    return typeof this.#token === 'function' ? this.#token() : this.#token;
  }

  async #authorization() {
    const token = await this.#tokenNow();
    if (!token) return {};
    if (!TOKEN.test(token)) throw new TypeError('the token has characters that no token has'); // and is not shown
    return { Authorization: `Bearer ${token}` };
  }
}

async function jsonOf(response, deadline) {
  const type = mediaType(response);
  if (type !== JSON_TYPE) {
    response.body?.cancel().catch(() => {});
    throw strange(`${response.status} ${type || 'without a type'}`, response.status);
  }
  let text;
  try {
    text = await response.text();
  } catch (error) {
    throw deadline.reasonOr(noAnswer('the answer broke off', error));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw strange('it is no JSON', response.status, error);
  }
}

async function bodyOf(response, deadline) {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw deadline.reasonOr(noAnswer('the answer broke off', error));
  }
}

function baseOf(url) {
  const { protocol, username, password, origin, pathname, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('the address begins with http:// or https://');
  if (username || password || search || hash) throw new TypeError('the address is scheme, host, port and path alone');
  return origin + pathname.replace(/\/+$/, '');
}

// client.js
// The client.


const WAIT_MS = 30_000;
const MAX_WAIT_MS = 270_000; // a gateway waits for 300 s at most, and so does the fetch of Node.js
const CANCEL_MS = 5000;

/** A client of one gateway. It holds no connection open: nothing has to be closed. */
class CodeRunner {
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

module.exports = { CodeRunner, CodeRunnerError, isFinal, Program };
