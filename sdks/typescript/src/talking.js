// A program that a reader talks to, through this backend: what he says is passed on with his own numbers, which his page
// keeps until they are taken, so that nothing has to be stored here, and any process of the backend goes on.

import { problemError } from './errors.js';
import { isFinal } from './executions.js';
import { Problem, problemOf } from './reader_bounds.js';
import { saidOf } from './said.js';
import { told } from './telling.js';
import { upgraded } from './upgrades.js';

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
export class Sockets {
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
export class Page {
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
export async function passOn(page, gateway, handles, begin) {
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
