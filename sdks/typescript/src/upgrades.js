// The WebSockets of a server of Node.js, each asked of the application as a request, so that its middleware decides.

import { Problem } from './reader_bounds.js';

const UPGRADE = Symbol.for('coderunner.upgrade'); // the same for who takes one half by `require` and the other by `import`
const MOST_EARLY_BYTES = 64 * 1024; // before there is an answer, no client says anything

const OURS = /\/v1\/executions(?::|\/[^/]{1,200}\/)interact$/;

/** A listener for a server's event `upgrade`. Where there are others, it leaves what is none of ours to them. */
export function talking(app) {
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
export function upgraded(request, response) {
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
