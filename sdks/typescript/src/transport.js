// Requests to one gateway.

import { answerError, CodeRunnerError, mediaType, noAnswer, strange } from './errors.js';
import { EventStream } from './event_stream.js';
import { Deadline, Tries } from './waiting.js';

const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';
const NO_SOCKET = 426; // of one who asks for none
const TOKEN = /^[\x21-\x7e]+$/;
const SOCKET_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // of a subprotocol's name (RFC 6455, 4.1)

/** Sends requests, each again where that is worth it: all of them are safe to repeat. */
export class Transport {
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
