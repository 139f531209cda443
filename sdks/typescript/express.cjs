// Written by `python -m dev.typescript_sdk` from src/; a test holds them together.
'use strict';

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

// webhooks.js
// The receiving end of callbacks: the check of a Standard Webhooks signature (https://www.standardwebhooks.com).


const MOST_CHARS = { 'webhook-id': 256, 'webhook-timestamp': 12, 'webhook-signature': 2048 };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const TOLERANCE_S = 300;
const MOST_SIGNATURES = 16;

/** Twice as large as a result may be on CodeRunner's bus. */
const MOST_CALLBACK_BYTES = 16 * 1024 * 1024;

/** A request that is no callback which may be believed; `status` is what to answer. Its words hold nothing of secrets. */
class WebhookError extends Error {
  constructor(message, status) {
    super(message);
    this.name = 'WebhookError';
    this.status = status;
  }
}

/**
 * What a callback tells of: `{id, execution}`, or `{id, progress}` of a task that has not ended, where its callback asked
 * for that. `id` is the same each time that a callback comes. `body` is as it came, in bytes; `secrets`: of several, any
 * one may have signed. Throws WebhookError; TypeError for secrets that are none.
 */
async function receive(headers, body, secrets, nowMs = Date.now()) {
  const keys = keysOf(secrets);
  if (body.length > MOST_CALLBACK_BYTES) throw new WebhookError(`a callback has at most ${MOST_CALLBACK_BYTES} bytes`, 413);
  const id = await verifiedId(headers, body, keys, nowMs);
  const said = saidIn(body);
  if (said.type !== undefined && said.data !== undefined) return { id, progress: said.data };
  if (typeof said.id !== 'string' || typeof said.status !== 'string') throw new WebhookError('the body is no execution', 400);
  return { id, execution: said };
}

/** The keys of secrets: base64, with or without `whsec_` before it. Throws TypeError where one is none, or there is none. */
function keysOf(secrets) {
  const texts = typeof secrets === 'string' ? [secrets] : Array.from(secrets ?? []);
  if (texts.length === 0) throw new TypeError('there is no secret to verify callbacks by');
  return texts.map((text, index) => {
    const digits = String(text).replace(/^whsec_/, '');
    if (!BASE64.test(digits)) throw new TypeError(`secret ${index + 1} is not base64, with or without whsec_ before it`);
    return bytesOfBase64(digits);
  });
}

async function verifiedId(headers, body, keys, nowMs) {
  const [id, timestamp, signatures] = Object.keys(MOST_CHARS).map((name) => headerOf(headers, name));
  if (!/^\d+$/.test(timestamp)) throw new WebhookError('webhook-timestamp is no number', 401);
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  if (!(await isSigned(signed, signatures, keys))) throw new WebhookError('no signature is of a secret that is known here', 401);
  const awayMs = Math.abs(nowMs - Number(timestamp) * 1000);
  if (awayMs > TOLERANCE_S * 1000) throw new WebhookError("it was signed too long ago, or ahead of this machine's clock", 401);
  return id;
}

async function isSigned(signed, signatures, keys) {
  const sent = signatures.split(' ').filter((one) => one.startsWith('v1,') && BASE64.test(one.slice(3))).slice(0, MOST_SIGNATURES);
  const { subtle } = await cryptography();
  for (const bytes of keys) {
    const key = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const one of sent) if (await subtle.verify('HMAC', key, bytesOfBase64(one.slice(3)), signed)) return true;
  }
  return false;
}

function headerOf(headers, name) {
  const found = typeof headers.get === 'function' ? headers.get(name) : headers[name];
  if (typeof found !== 'string' || found.length === 0 || found.length > MOST_CHARS[name]) {
    throw new WebhookError(`${name} is missing or too long`, 401);
  }
  return found;
}

function saidIn(body) {
  let said;
  try {
    said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new WebhookError('the body is no JSON', 400);
  }
  if (said === null || typeof said !== 'object') throw new WebhookError('the body is no execution', 400);
  return said;
}

function bytesOfBase64(digits) {
  try {
    return Uint8Array.from(atob(digits), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(1); // of a length that base64 does not have: it fits nothing
  }
}

// called_back.js
// Results that come by callback: they end a reader's stream also where the gateway that was asked is away.


const MOST_BYTES = 16 * 1024 * 1024;
const MOST_RESULTS = 1000;

/** Asks for callbacks, verifies them, and hands their results to the streams. */
class Callbacks {
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
class MemoryResults {
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
async function* whicheverIsFirst(begin, callbacks, id, signal) {
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

// handles.js
// The names by which a blog's readers know their runs: made with a secret, so that every process of a backend knows them,
// nobody guesses one, and nothing has to be stored.


const HANDLE = /^([\w-]{1,64})\.([\w-]{22})$/; // 132 bits
const UUID7 = /^([0-9a-f]{8}-[0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOST_KEY_CHARS = 128;

/** What is made with one secret: handles, and what is told of readers to the gateway. */
class Handles {
  #secret;
  #key;

  constructor(secret) {
    if (typeof secret !== 'string' || secret.length < 8) throw new TypeError('a backend needs a secret: its token will do');
    this.#secret = secret;
  }

  /** The name of a run for its reader: the task's id, and a tag. */
  async handle(id) {
    return `${id}.${await this.#tag(id)}`;
  }

  /** The id of the task; undefined for a handle that was not made here. */
  async idOf(handle) {
    const [, id, tag] = HANDLE.exec(handle) ?? [];
    return id !== undefined && isSame(tag, await this.#tag(id)) ? id : undefined;
  }

  /** What the gateway is told of a reader: the same for the same one, and nothing of the address or the name. */
  async reader(name) {
    return hex((await this.#digest('reader', name)).subarray(0, 16));
  }

  /** A page's key within its reader's own. A UUID of version 7 keeps its time, by which a recent one is known. */
  async key(reader, key) {
    if (key.length > MOST_KEY_CHARS) throw new RangeError(`must have at most ${MOST_KEY_CHARS} characters`);
    const own = hex(await this.#digest('key', (await this.reader(reader)) + key));
    const time = UUID7.exec(key)?.[1];
    return time ? `${time}-7${own.slice(0, 3)}-8${own.slice(3, 6)}-${own.slice(6, 18)}` : own.slice(0, 32);
  }

  async #tag(id) {
    const text = String.fromCharCode(...(await this.#digest('handle', id)));
    return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').slice(0, 22);
  }

  async #digest(purpose, text) {
    const { subtle } = await cryptography();
    const bytes = (words) => new TextEncoder().encode(words);
    this.#key ??= subtle.importKey('raw', bytes(this.#secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', await this.#key, bytes(`${purpose}\0${text}`)));
  }
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** In a time that tells nothing of where they differ. */
function isSame(one, other) {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}

// reader_bounds.js
// The bounds of what a blog's readers may ask its backend for: programs, rates, streams; and how they are told of them.

const KNOWN = new Set(['language', 'language_version', 'files', 'entry_point', 'stdin', 'args', 'limits', 'idempotency_key']);
const OF_FILE = new Set(['name', 'content', 'data']);
const MOST_NAME_CHARS = 255;
const MOST_ARGS = 64;
const MOST_READERS = 10_000;

/** Why a request is not served: a problem (RFC 9457), in the words of the gateway's own API. */
class Problem extends Error {
  constructor(status, detail, { violations = [], retryAfterMs = 0 } = {}) {
    super(detail);
    this.status = status;
    this.violations = violations.slice(0, 16);
    this.retryAfterMs = retryAfterMs;
  }

  data() {
    const told = { status: this.status, detail: this.message.slice(0, 400) };
    if (this.violations.length > 0) told.violations = this.violations;
    if (this.retryAfterMs > 0) told.retry_after_ms = this.retryAfterMs;
    return told;
  }
}

/** What is wrong between the backend and the gateway is none of a reader's business. */
function problemOf(error) {
  if (error instanceof Problem) return error;
  if (error?.name === 'WebhookError') return new Problem(error.status, error.message);
  if (error?.name !== 'CodeRunnerError') return undefined;
  const { status, violations = [], retryAfterMs = 0, message } = error;
  if (status === 400) return new Problem(400, message, { violations });
  if (status === 404) return new Problem(404, 'This run is not known, or not any more.');
  if (status === 429) return new Problem(429, 'Many readers run programs just now. Please wait a moment.', { retryAfterMs });
  if (status === 0 || status === 503) return new Problem(503, 'Programs cannot be run just now. Please try again in a minute.');
  return new Problem(502, 'Something broke on the server.');
}

/** The task of a page's program. Throws Problem for what is none, or more than readers may ask for. */
function taskOf(said, { languages, limits, maxFiles }) {
  if (said === null || typeof said !== 'object' || Array.isArray(said)) throw new Problem(400, 'The request is no object.');
  for (const name of Object.keys(said)) if (!KNOWN.has(name)) refuse(name.slice(0, MOST_NAME_CHARS), 'is not for a page: the blog alone decides that');
  for (const name of ['language', 'language_version', 'entry_point', 'idempotency_key']) text(said, name, MOST_NAME_CHARS);
  text(said, 'stdin');
  if (!said.language || (languages && !languages.includes(said.language))) refuse('language', 'cannot be run here');
  if (!Array.isArray(said.files) || said.files.length < 1 || said.files.length > maxFiles) refuse('files', `must be 1 to ${maxFiles} files`);
  said.files.forEach((file, index) => fileOf(file, `files[${index}]`));
  const { args = [], limits: asked = {} } = said;
  if (!Array.isArray(args) || args.length > MOST_ARGS || args.some((one) => typeof one !== 'string')) refuse('args', `must be at most ${MOST_ARGS} strings`);
  return { ...said, limits: limitsOf(asked, limits) };
}

function fileOf(file, path) {
  const isFile = file !== null && typeof file === 'object' && Object.keys(file).every((name) => OF_FILE.has(name));
  if (!isFile) refuse(path, 'must have a name and content or data');
  text(file, 'name', MOST_NAME_CHARS, path);
  text(file, 'content', Infinity, path);
  text(file, 'data', Infinity, path);
}

function limitsOf(asked, most) {
  if (asked === null || typeof asked !== 'object') refuse('limits', 'must be an object');
  for (const [name, value] of Object.entries(asked)) {
    const isFine = Object.hasOwn(most, name) && Number.isSafeInteger(value) && value > 0 && value <= most[name];
    if (!isFine) refuse(`limits.${name.slice(0, MOST_NAME_CHARS)}`, 'is more than readers may use');
  }
  return { ...most, ...asked };
}

function text(said, name, most = Infinity, path = '') {
  const value = said[name];
  const field = path ? `${path}.${name}` : name;
  if (value !== undefined && typeof value !== 'string') refuse(field, 'must be a string');
  if (value?.length > most) refuse(field, `must have at most ${most} characters`);
}

/** Throws Problem. */
function refuse(field, description) {
  throw new Problem(400, `${field} ${description}`, { violations: [{ field, description }] });
}

/** Token buckets, by reader: so many a minute, and as many at once. */
class Rates {
  #most;
  #left = new Map();

  constructor(perMinute) {
    this.#most = perMinute;
  }

  /** Counts one. Throws Problem where the reader has none left. */
  take(reader, nowMs) {
    const [left, thenMs] = this.#left.get(reader) ?? [this.#most, nowMs];
    const has = Math.min(this.#most, left + (Math.max(0, nowMs - thenMs) * this.#most) / 60_000);
    this.#left.delete(reader);
    this.#left.set(reader, [has >= 1 ? has - 1 : has, nowMs]);
    if (this.#left.size > MOST_READERS) this.#left.delete(this.#left.keys().next().value);
    if (has >= 1) return;
    const retryAfterMs = Math.ceil(((1 - has) * 60_000) / this.#most);
    throw new Problem(429, 'You ask too often just now. Please wait a moment.', { retryAfterMs });
  }
}

/** The streams that are open, by reader. */
class Streams {
  #perReader;
  #ofAll;
  #open = new Map();
  #total = 0;

  constructor(perReader, ofAll) {
    this.#perReader = perReader;
    this.#ofAll = ofAll;
  }

  /** Opens one more; what closes it, once. Throws Problem. */
  open(reader) {
    const own = this.#open.get(reader) ?? 0;
    if (own >= this.#perReader || this.#total >= this.#ofAll) throw new Problem(429, 'Too many programs run at once. Please wait for one to end.');
    this.#open.set(reader, own + 1);
    this.#total += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#total -= 1;
      const left = this.#open.get(reader) - 1;
      if (left > 0) this.#open.set(reader, left);
      else this.#open.delete(reader);
    };
  }
}

// said.js
// What a page says to a program: read from JSON, and bounded.


const MOST_MESSAGE_BYTES = 512 * 1024; // a thing has at most 64 KiB of input, of which JSON makes six times as much
const KINDS = ['input', 'input_data', 'close', 'signal', 'terminal'];
const SIGNALS = new Set(['INT', 'TERM', 'HUP', 'QUIT', 'USR1', 'USR2']);
const MOST_NUMBER = 2 ** 31;
const MOST_ROWS = 500;
const MOST_COLUMNS = 1000;

/** What a first message asks for: a program, and how its page wants to talk to it. Throws Problem. */
function beginOf(message, mostBytes) {
  const { begin } = objectOf(message, mostBytes);
  if (!isObject(begin)) refuse('begin', 'must be the first message');
  const { interaction = {}, ...program } = begin;
  if (!hasOnly(interaction, ['terminal'])) refuse('interaction', 'may have a terminal, and nothing else');
  const { terminal } = interaction;
  return { program, terminal: terminal === undefined || terminal === null ? undefined : terminalOf(terminal) };
}

/** The one thing that a later message says. Throws Problem. */
function saidOf(message) {
  const { said } = objectOf(message, MOST_MESSAGE_BYTES);
  if (!hasOnly(said, ['number', ...KINDS])) refuse('said', 'must be all that follows the first message');
  const kinds = KINDS.filter((name) => said[name] !== undefined && said[name] !== null && said[name] !== false);
  if (kinds.length !== 1) refuse('said', `must have one of ${KINDS.join(', ')}`);
  return { number: numberOf(said.number, 'said.number', MOST_NUMBER), [kinds[0]]: whatOf(kinds[0], said[kinds[0]]) };
}

function whatOf(kind, value) {
  if (kind === 'terminal') return terminalOf(value);
  const isKnown = kind === 'close' ? value === true : typeof value === 'string' && (kind !== 'signal' || SIGNALS.has(value));
  if (!isKnown) refuse(`said.${kind}`, 'is not known');
  return value;
}

function terminalOf(value) {
  if (!hasOnly(value, ['rows', 'columns'])) refuse('terminal', 'must have rows and columns');
  return { rows: numberOf(value.rows, 'terminal.rows', MOST_ROWS), columns: numberOf(value.columns, 'terminal.columns', MOST_COLUMNS) };
}

function numberOf(value, field, most) {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) refuse(field, `must be 1 to ${most}`);
  return value;
}

function objectOf({ bytes, isBinary }, mostBytes) {
  if (isBinary) throw new Problem(400, 'Messages must be text.');
  if (bytes.length > mostBytes) throw new Problem(413, 'The message is too large.');
  let said;
  try {
    said = JSON.parse(bytes.toString());
  } catch {
    throw new Problem(400, 'The message is no JSON.');
  }
  if (!isObject(said)) throw new Problem(400, 'The message is no object.');
  return said;
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function hasOnly(value, names) {
  return isObject(value) && Object.keys(value).every((name) => names.includes(name));
}

// telling.js
// What a reader's page is told of a run: server-sent events, as the gateway's own API has them.

const OF_EXECUTION = [
  'status', 'language', 'language_version', 'attempt', 'queued_ms', 'error', 'submitted_at_ms', 'finished_at_ms', 'cached_at_ms',
  'compile', 'run', 'diagnostics', 'files',
]; // which node ran it, and what the blog wrote to it, is none of a reader's business
const STREAMS = ['compile/stdout', 'compile/stderr', 'run/stdout', 'run/stderr'];
const PLACE = /^\d{1,6}(\.\d{1,9}){4}$/;
const END = 'end';

/** The account of one stream: what its reader was told, so that one who comes back is told the rest. */
class Telling {
  #handle;
  #attempt;
  #upto;

  /** `place`: the id of the last event that the reader has; what is none means the beginning. */
  constructor(handle, place = '') {
    this.#handle = handle;
    [this.#attempt, ...this.#upto] = PLACE.test(place) ? place.split('.').map(Number) : [0, 0, 0, 0, 0];
  }

  /** The text of the event of the client that tells of it; '' where its reader has it. */
  event({ type, execution, ...piece }) {
    if (type === 'output') return this.#output(piece);
    if (type === 'state') return event('state', told(execution, this.#handle), this.#place);
    return event('result', told(execution, this.#handle), END);
  }

  #output({ stage, stream, offset, text, attempt }) {
    if (attempt > this.#attempt) {
      this.#attempt = attempt;
      this.#upto = [0, 0, 0, 0];
    }
    const points = Array.from(text);
    const which = STREAMS.indexOf(`${stage}/${stream}`);
    const upto = this.#upto[which] ?? offset;
    if (attempt < this.#attempt || offset + points.length <= upto) return '';
    const start = Math.max(offset, upto);
    if (offset <= upto && which >= 0) this.#upto[which] = offset + points.length;
    const data = { id: this.#handle, attempt, stage, stream, offset: start, text: points.slice(start - offset).join('') };
    return event('output', data, this.#place);
  }

  get #place() {
    return [this.#attempt, ...this.#upto].join('.');
  }
}

/** The object that a page gets of an execution. */
function told(execution, handle) {
  return { id: handle, ...Object.fromEntries(OF_EXECUTION.map((name) => [name, execution[name] ?? null])) };
}

/** One event; `data` becomes JSON, which has no line feeds. */
function event(name, data, id = '') {
  return `event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}

// upgrades.js
// The WebSockets of a server of Node.js, each asked of the application as a request, so that its middleware decides.


const UPGRADE = Symbol.for('coderunner.upgrade'); // the same for who takes one half by `require` and the other by `import`
const MOST_EARLY_BYTES = 64 * 1024; // before there is an answer, no client says anything

const OURS = /\/v1\/executions(?::|\/[^/]{1,200}\/)interact$/;

/** A listener for a server's event `upgrade`. Where there are others, it leaves what is none of ours to them. */
function talking(app) {
  return function asked(request, socket, head) {
    if (this?.listenerCount?.('upgrade') > 1 && !OURS.test(request.url.split('?')[0])) return;
    const upgrade = new Upgrade(socket, head);
    ask(app, request, upgrade).catch((error) => {
      console.error(error); // as Express does with a fault
      socket.destroy();
    });
  };
}

async function ask(app, request, upgrade) {
  const { ServerResponse } = await import('node:http');
  const { socket } = upgrade;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
  } catch {
    socket.destroy(); // who asks for one before his last request is answered is no browser
    return;
  }
  response.on('finish', () => request[UPGRADE] && socket.destroySoon());
  request[UPGRADE] = upgrade;
  app(request, response);
}

/** What is asked for becomes a WebSocket: `{socket, head}`. Throws Problem where none is. */
function upgraded(request, response) {
  const upgrade = request[UPGRADE];
  if (upgrade === undefined) throw new Problem(426, 'Programs are talked to over a WebSocket.');
  request[UPGRADE] = undefined;
  response.detachSocket(upgrade.socket);
  return { socket: upgrade.socket, head: upgrade.taken() };
}

/** The connection while the application decides: read, so that who goes away is noticed. */
class Upgrade {
  #early;
  #bytes = 0;
  #hear = (data) => {
    this.#early.push(data);
    this.#bytes += data.length;
    if (this.#bytes > MOST_EARLY_BYTES) this.socket.destroy();
  };
  #gone = () => this.socket.destroy();

  constructor(socket, head) {
    this.socket = socket;
    this.#early = [head];
    socket.on('error', () => {}); // the close that follows says as much
    socket.on('data', this.#hear);
    socket.on('end', this.#gone);
  }

  /** What came with the request, and behind it. */
  taken() {
    this.socket.off('data', this.#hear);
    this.socket.off('end', this.#gone);
    return Buffer.concat(this.#early);
  }
}

// talking.js
// A program that a reader talks to, through this backend: what he says is passed on with his own numbers, which his page
// keeps until they are taken, so that nothing has to be stored here, and any process of the backend goes on.


const MOST_FRAME_BYTES = 1024 * 1024; // of one message; what is too large for us, and smaller, is refused in words
const MOST_WAITING_BYTES = 256 * 1024; // for the gateway; who says more waits
const MOST_UNREAD_BYTES = 4 * 1024 * 1024; // for a page that does not read: it may come again
const FIRST_MS = 10_000;
const OPEN_MS = 30_000;
const PING_MS = 20_000;
const ROOM_MS = 50;
const CLOSES = 4000; // a refused talk is closed with this and the status that HTTP has for it, as the gateway's own
const PROTOCOL = 'coderunner.v1';

/** The WebSockets of a backend, made with the server class of the package `ws`. */
class Sockets {
  #server;

  constructor(WebSocketServer) {
    const handleProtocols = (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false);
    this.#server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MOST_FRAME_BYTES, handleProtocols });
  }

  /** Opens the one that is asked for; `talk(page)` has it from then on. Throws Problem where none is. */
  open(request, response, talk) {
    const { socket, head } = upgraded(request, response);
    this.#server.handleUpgrade(request, socket, head, (opened) => talk(new Page(opened)));
  }
}

/** A page's end of a talk. */
class Page {
  #socket;
  #messages = [];
  #wake = () => {};
  #isGone = false;
  #beat;

  constructor(socket) {
    this.#socket = socket;
    let isThere = true;
    this.#beat = setInterval(() => {
      if (!isThere) socket.terminate();
      isThere = false;
      socket.ping();
    }, PING_MS);
    socket.on('pong', () => (isThere = true));
    socket.on('ping', () => this.#mindUnread()); // which is answered
    socket.on('message', (data, isBinary) => {
      this.#messages.push({ bytes: data, isBinary });
      socket.pause();
      this.#wake();
    });
    socket.on('error', () => {}); // the close that follows says as much
    socket.on('close', () => {
      clearInterval(this.#beat);
      this.#isGone = true;
      this.#wake();
    });
  }

  get isGone() {
    return this.#isGone;
  }

  /** The next message; undefined once the reader has gone. */
  async next() {
    while (this.#messages.length === 0 && !this.#isGone) {
      if (this.#socket.isPaused) this.#socket.resume();
      await new Promise((resolve) => (this.#wake = resolve));
    }
    return this.#messages.shift();
  }

  /** The first message. Throws Problem for one that does not come in time. */
  async first() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Problem(408, 'The first message did not arrive in time.')), FIRST_MS);
    });
    try {
      return await Promise.race([this.next(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  tell(event) {
    this.#mindUnread();
    this.#socket.send(JSON.stringify(event), () => {}); // who has gone is found out by the close
  }

  #mindUnread() {
    if (this.#socket.bufferedAmount > MOST_UNREAD_BYTES) this.#socket.terminate();
  }

  close(code = 1000) {
    if (this.#socket.isPaused) this.#socket.resume(); // the answer to a close is read as well
    this.#socket.close(code);
  }

  /** Tells why, and closes. What the blog's own `reader` throws with a `status` is told by that alone. */
  refuse(error) {
    const problem = problemOf(error);
    if (problem) this.tell({ error: problem.data() });
    const isRefusal = problem !== undefined || (error?.status >= 400 && error.status < 500);
    if (!isRefusal) console.error(error); // as Express does with a fault
    this.close(CLOSES + (isRefusal ? (problem ?? error).status : 500));
  }
}

/** Passes on what a page and the gateway say to each other, until the program's end or the reader's. `gateway`: a socket
 * that is not open yet; `begin`: the task, where it is not of one that runs. Throws Problem, CodeRunnerError. */
async function passOn(page, gateway, handles, begin) {
  const opened = openedBy(gateway, begin);
  try {
    await Promise.race([heard(page, gateway, handles), opened.then(() => passSaid(page, gateway))]);
  } finally {
    gateway.onmessage = null;
    gateway.close();
  }
}

function openedBy(gateway, begin) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(away()), OPEN_MS).unref();
    gateway.onopen = () => {
      clearTimeout(late);
      if (begin) gateway.send(JSON.stringify({ begin }));
      resolve();
    };
  });
}

/** Resolves with the program's end. */
function heard(page, gateway, handles) {
  return new Promise((resolve, reject) => {
    let before = Promise.resolve();
    const hear = async (data) => {
      const event = JSON.parse(data);
      if (event.error) throw problemError(event.error);
      const news = await shown(event, handles);
      if (news) page.tell(news);
      if (event.execution && isFinal(event.execution.status)) resolve();
    };
    gateway.onmessage = ({ data }) => {
      before = before.then(() => hear(data));
      before.catch(reject);
    };
    gateway.onerror = () => {}; // the close that follows says as much
    gateway.onclose = () => before.then(() => reject(away()), reject);
  });
}

/** Resolves once the reader has gone. */
async function passSaid(page, gateway) {
  for (let message = await page.next(); message !== undefined; message = await page.next()) {
    const text = JSON.stringify({ said: saidOf(message) });
    while (!page.isGone && gateway.bufferedAmount > MOST_WAITING_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, ROOM_MS));
    }
    if (gateway.readyState === 1) gateway.send(text);
  }
}

function away() {
  return new Problem(503, 'Programs cannot be run just now. Please try again in a minute.');
}

/** Undefined for what a later gateway may say besides. */
async function shown({ execution, output, waits, taken }, handles) {
  if (execution) return { execution: told(execution, await handles.handle(execution.id)) };
  if (waits) return { waits: { attempt: waits.attempt } };
  if (taken) return { taken: { number: taken.number, attempt: taken.attempt } };
  if (!output) return undefined;
  const { id, attempt, stage, stream, offset, text } = output;
  return { output: { id: await handles.handle(id), attempt, stage, stream, offset, text } };
}

// backend.js
// The blog's own backend for `<code-runner>`, as a middleware for Express:
//
//   app.use('/code', codeRunner(new CodeRunner(url, { token }), { secret: token }));


const BEAT_MS = 15_000; // proxies close what is silent
const BODY_MS = 10_000;
const ASKS_PER_RUN = 10;
const ONE = /^\/v1\/executions\/([^/]{1,200})(\/events)?$/;
const TALK = /^\/v1\/executions(?::|\/([^/]{1,200})\/)interact$/;
const EVENTS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
const USUAL = {
  limits: { cpu_ms: 5000, wall_ms: 10_000, memory_bytes: 256 * 1024 * 1024 },
  maxBodyBytes: 256 * 1024, maxFiles: 32, runsPerMinute: 60, maxStreamsPerReader: 20, maxStreams: 1000,
  talkMs: 600_000, queueDeadlineMs: 60_000, cache: '', labels: {}, origins: [], reader: addressOf,
};

/** A middleware with the routes that a page asks; see docs/backend.md for the options. */
function codeRunner(client, options = {}) {
  const backend = new Backend(client, { ...USUAL, ...options });
  return (request, response, next) => {
    const path = request.url.split('?')[0];
    const [, handle, events] = ONE.exec(path) ?? [];
    const [isTalk, talked] = TALK.exec(path) ?? [];
    let answered;
    if (request.method === 'POST' && path === '/v1/executions') answered = backend.run(request, response);
    else if (request.method === 'GET' && events) answered = backend.watch(request, response, handle);
    else if (request.method === 'DELETE' && handle && !events) answered = backend.cancel(request, response, handle);
    else if (request.method === 'GET' && isTalk) answered = backend.talk(request, response, talked);
    else if (request.method === 'POST' && path === '/callbacks' && options.callbacks) answered = backend.takeCallback(request, response);
    else return next();
    return answered.catch((error) => fail(response, error, next));
  };
}

class Backend {
  #client;
  #options;
  #handles;
  #runs;
  #asks;
  #streams;
  #callbacks;
  #sockets;

  constructor(client, options) {
    this.#client = client;
    this.#options = options;
    this.#handles = new Handles(options.secret);
    this.#runs = new Rates(options.runsPerMinute);
    this.#asks = new Rates(options.runsPerMinute * ASKS_PER_RUN);
    this.#streams = new Streams(options.maxStreamsPerReader, options.maxStreams);
    this.#callbacks = options.callbacks && new Callbacks(options.callbacks);
    this.#sockets = options.WebSocketServer && options.talkMs > 0 && new Sockets(options.WebSocketServer);
  }

  async run(request, response) {
    requireOwnPage(request, this.#options.origins);
    const type = String(request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    if (type !== 'application/json') throw new Problem(415, 'A program is told in application/json.');
    const reader = String(await this.#options.reader(request));
    const said = taskOf(await bodyOf(request, this.#options.maxBodyBytes), this.#options);
    const task = { ...(await this.#ownTask(reader, said)), cache: this.#options.cache };
    if (this.#callbacks) task.callback = { url: this.#callbacks.url };
    await this.#follow(response, reader, (signal) => this.#client.runAndFollow(task, { signal }));
  }

  async watch(request, response, handle) {
    const reader = String(await this.#options.reader(request));
    const id = await this.#idOf(reader, handle);
    const place = String(request.headers['last-event-id'] ?? '');
    if (place === END) {
      response.writeHead(204).end(); // which tells a browser not to come again
      return;
    }
    await this.#follow(response, reader, (signal) => this.#client.follow(id, { signal }), { id, place });
  }

  async cancel(request, response, handle) {
    requireOwnPage(request, this.#options.origins);
    const id = await this.#idOf(String(await this.#options.reader(request)), handle);
    const { execution, cancelled } = await this.#client.cancel(id);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify({ execution: told(execution, handle), cancelled }));
  }

  async talk(request, response, handle) {
    if (!this.#sockets) throw new Problem(404, 'No program is talked to here.');
    this.#sockets.open(request, response, async (page) => {
      try {
        await this.#held(request, page, handle);
        page.close();
      } catch (error) {
        page.refuse(error);
      }
    });
  }

  async takeCallback(request, response) {
    await this.#callbacks.take(request.headers, await rawBodyOf(request, MOST_CALLBACK_BYTES));
    response.writeHead(204).end();
  }

  /** A talk, until it ends. It is opened even where it is refused: a page is told no other answer. */
  async #held(request, page, handle) {
    requireOwnPage(request, this.#options.origins);
    const reader = String(await this.#options.reader(request));
    const id = handle && (await this.#idOf(reader, handle));
    const close = this.#streams.open(reader);
    try {
      const first = handle ? undefined : await page.first();
      if (page.isGone) return;
      const begin = id === undefined ? await this.#talkOf(reader, first) : undefined;
      await passOn(page, await this.#client.socket(id), this.#handles, begin);
    } finally {
      close();
    }
  }

  async #talkOf(reader, message) {
    const { maxBodyBytes, talkMs } = this.#options;
    const { program, terminal } = beginOf(message, maxBodyBytes);
    const task = await this.#ownTask(reader, taskOf(program, this.#options));
    return { ...task, interaction: { session_ms: talkMs, ...(terminal && { terminal }) } };
  }

  /** The task with what the blog says of it; it counts as one of the reader's runs. */
  async #ownTask(reader, said) {
    this.#runs.take(reader, Date.now());
    const { queueDeadlineMs, labels } = this.#options;
    const task = { ...said, queue_deadline_ms: queueDeadlineMs, labels, reader: await this.#handles.reader(reader) };
    if (said.idempotency_key?.length > 128) throw new Problem(400, 'idempotency_key must have at most 128 characters.');
    if (said.idempotency_key) task.idempotency_key = await this.#handles.key(reader, said.idempotency_key);
    return task;
  }

  async #idOf(reader, handle) {
    this.#asks.take(reader, Date.now());
    const id = await this.#handles.idOf(handle);
    if (id === undefined) throw new Problem(404, 'This run is not known.');
    return id;
  }

  /** Tells events until their end. A reader who leaves ends the stream, and not the run. */
  async #follow(response, reader, begin, { id, place = '' } = {}) {
    const close = this.#streams.open(reader);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    if (response.destroyed) gone.abort(); // it was closed while we looked who asks
    const beat = setInterval(() => response.headersSent && response.write(': \n\n'), BEAT_MS);
    try {
      let telling;
      const early = []; // the output of a kept answer, which is told before any state
      const news = this.#callbacks ? whicheverIsFirst(begin, this.#callbacks, id, gone.signal) : begin(gone.signal);
      for await (const one of news) {
        early.push(one);
        if (!telling && !one.execution) continue;
        if (!telling) response.writeHead(200, EVENTS);
        telling ??= new Telling(await this.#handles.handle(one.execution.id), place);
        const text = early.splice(0).map((event) => telling.event(event)).join('');
        if (text && !response.write(text)) await drained(response, gone.signal);
      }
      response.end();
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    } finally {
      clearInterval(beat);
      close();
    }
  }
}

/** Keeps another site from spending the blog's runs in its readers' browsers. No page writes these headers itself. */
function requireOwnPage({ headers }, origins) {
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  if (origin === undefined && (site === undefined || site === 'same-origin' || site === 'none')) return;
  if (origin !== undefined && origins.length > 0 && origins.includes(origin)) return;
  const isOwn = origins.length === 0 && hostOf(origin) === host.toLowerCase() && (site === undefined || site === 'same-origin');
  if (!isOwn) throw new Problem(403, "Only the blog's own pages may do that.");
}

function hostOf(origin) {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** The reader's address: IPv4 as it is, IPv6 by its first 64 bits, as networks give customers no less. */
function addressOf({ ip, socket }) {
  const address = (ip ?? socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '').split('%')[0];
  if (!address.includes(':')) return address;
  const [head, tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail === undefined ? [] : tail.split(':').filter(Boolean);
  while (groups.length + rest.length < 8) groups.push('0');
  return [...groups, ...rest].slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':');
}

/** What the request says in JSON; where another middleware has read it, what that made of it. */
async function bodyOf(request, most) {
  if (request.body !== undefined && request.readableEnded) return request.body;
  const body = await bytesOf(request, most);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem(400, 'The request is no JSON.');
  }
}

/** The bytes of the request, which are what is signed. */
async function rawBodyOf(request, most) {
  const read = [request.rawBody, request.body].find((one) => one instanceof Uint8Array);
  if (read) return read;
  if (request.readableEnded) throw new Error('callbacks need the bytes of the body: mount codeRunner before express.json');
  return bytesOf(request, most);
}

async function bytesOf(request, most) {
  const pieces = [];
  let size = 0;
  const late = setTimeout(() => request.destroy(new Problem(408, 'The request did not arrive in time.')), BODY_MS);
  try {
    for await (const piece of request) {
      size += piece.length;
      if (size > most) throw new Problem(413, `A request has at most ${most} bytes here.`);
      pieces.push(piece);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(pieces);
}

function drained(response, signal) {
  if (signal.aborted) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.on('drain', done);
    signal.addEventListener('abort', done);
  });
}

function fail(response, error, next) {
  if (response.destroyed) return;
  const problem = problemOf(error);
  if (!problem) {
    if (response.headersSent) response.destroy();
    else next(error);
    return;
  }
  if (response.headersSent) {
    response.end(event('error', problem.data()));
    return;
  }
  const retry = problem.retryAfterMs > 0 ? { 'Retry-After': Math.ceil(problem.retryAfterMs / 1000) } : {};
  const close = problem.status === 413 ? { Connection: 'close' } : {};
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...retry, ...close });
  response.end(JSON.stringify(problem.data()));
}

module.exports = { codeRunner, talking, receive, WebhookError };
