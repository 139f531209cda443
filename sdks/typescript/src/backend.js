// The blog's own backend for `<code-runner>`, as a middleware for Express:
//
//   app.use('/code', codeRunner(new CodeRunner(url, { token }), { secret: token }));

import { Callbacks, whicheverIsFirst } from './called_back.js';
import { Handles } from './handles.js';
import { Problem, problemOf, Rates, Streams, taskOf } from './reader_bounds.js';
import { beginOf } from './said.js';
import { passOn, Sockets } from './talking.js';
import { END, event, Telling, told } from './telling.js';
import { MOST_CALLBACK_BYTES } from './webhooks.js';

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
export function codeRunner(client, options = {}) {
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
