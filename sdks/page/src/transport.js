// The gateway, as a page asks it: one request that submits a program and tells its events, and one that ends it.

import { EventParser } from './event_parser.js';

const EXECUTIONS = '/v1/executions';
const SILENCE_MS = 45_000; // the gateway gives a sign of life every 15 s
const PAUSES_MS = [250, 1000, 2000, 4000]; // before each further try; who got somewhere has more of the last:
const MOST_TRIES_BACK = 10; // a program that runs is worth the restart of a server,
const FOLLOWED_MS = 5000; // and all of them again once it was followed for so long: a place that ends each answer at once is left
const PASSING = new Set([0, 408, 429, 502, 503, 504]); // a status with which another try is worth it; 0: no answer

/** Why a program was not run, or not followed to its end. `status` 0: nobody answered. */
export class RunError extends Error {
  constructor(message, { status = 0, retryAfterMs } = {}) {
    super(message);
    Object.assign(this, { name: 'RunError', status, retryAfterMs });
  }
}

/** Submits a task, and tells what the gateway tells of it until its result: `{name, data}`, in batches as they came.
 * A connection that broke is opened again with the same idempotency key, with which it is the same task. Throws
 * RunError, or the signal's reason. */
export async function* events(place, task, signal) {
  signal.throwIfAborted();
  const body = JSON.stringify({ ...task, idempotency_key: freshKey() });
  let most = PAUSES_MS.length;
  for (let tries = 0; ; tries++) {
    let since;
    try {
      for await (const batch of connection(place, body, signal)) {
        since ??= Date.now();
        most = MOST_TRIES_BACK;
        yield batch;
        if (batch.some(({ name }) => name === 'result')) return;
      }
      throw new RunError('The connection was lost.');
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() - since > FOLLOWED_MS) tries = 0;
      if (!(error instanceof RunError) || !PASSING.has(error.status) || tries >= most) throw error;
      await pause(Math.max(PAUSES_MS[Math.min(tries, 3)], error.retryAfterMs ?? 0), signal);
    }
  }
}

/** Ends a task, where that can be said. */
export async function cancel(place, id) {
  const address = `${place.url}${EXECUTIONS}/${encodeURIComponent(id)}`;
  await fetch(address, { method: 'DELETE', headers: authorization(place), keepalive: true }).catch(() => {});
}

async function* connection(place, body, signal) {
  const silence = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  const leave = () => silence.abort();
  signal.addEventListener('abort', leave);
  alive();
  try {
    const reader = (await opened(place, body, silence.signal)).getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const batch = parser.push(decoder.decode(value, { stream: true })).map(understood);
      if (batch.length > 0) yield batch;
    }
  } catch (error) {
    throw error instanceof RunError ? error : new RunError('The server cannot be reached.');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    silence.abort();
  }
}

async function opened(place, body, signal) {
  const headers = { Accept: 'text/event-stream', 'Content-Type': 'application/json', ...authorization(place) };
  const response = await fetch(place.url + EXECUTIONS, { method: 'POST', headers, body, signal, cache: 'no-store' });
  if (response.ok && response.body && response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    return response.body;
  }
  const problem = await response.json().catch(() => ({}));
  const violation = problem?.violations?.[0];
  const words = violation ? `${violation.field}: ${violation.description}` : problem?.detail || problem?.title;
  const status = response.ok ? 500 : response.status; // an answer, and not one of a gateway's
  const known = typeof words === 'string' ? words : `The server answered ${response.status}.`;
  throw new RunError(known.slice(0, 500), { status, retryAfterMs: shortOf(problem?.retry_after_ms) });
}

/** A pause that is worth waiting for; a longer one is the reader's own. */
function shortOf(ms) {
  return Number.isFinite(ms) && ms >= 0 && ms <= 10_000 ? ms : undefined;
}

function understood({ name, data }) {
  let told;
  try {
    told = JSON.parse(data);
  } catch {
    throw new RunError('The server sent something else than events.', { status: 500 });
  }
  if (name === 'error') throw new RunError(String(told?.detail ?? 'The server failed.'), { status: told?.status ?? 500 });
  return { name, data: told };
}

function authorization({ key }) {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** A UUID of version 7 (RFC 9562, 5.7): its time tells the gateway that nobody can have used it long ago. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = Date.now();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
