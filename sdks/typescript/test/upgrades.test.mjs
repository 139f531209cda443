// What strangers do with a server whose application is asked about WebSockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import test from 'node:test';

import { talking } from '@coderunner/client/express';

const ASKED = 'GET /talk HTTP/1.1\r\nHost: blog\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A stranger's connection to a server with that application, and with other listeners for upgrades. */
async function strangerOf(t, app, ...others) {
  const server = createServer(app).on('upgrade', talking(app)).listen(0, '127.0.0.1');
  for (const other of others) server.on('upgrade', other);
  await once(server, 'listening');
  const served = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  const stranger = connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  const heard = [];
  stranger.on('data', (data) => heard.push(data)).on('error', () => {});
  t.after(() => {
    stranger.destroy();
    server.close();
  });
  await once(stranger, 'connect');
  const ended = new Promise((resolve) => stranger.on('end', resolve));
  const told = ended.then(() => Buffer.concat(heard).toString());
  return { stranger, served, told };
}

test('who asks for one before his last request is answered ends his connection, and not the server', async (t) => {
  const { stranger, served } = await strangerOf(t, (request) => assert.equal(request.url, '/slow'));
  stranger.write(`GET /slow HTTP/1.1\r\nHost: blog\r\n\r\n${ASKED}`);
  await served;
});

test('a fault of the application ends the connection, and not the server', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { stranger, served } = await strangerOf(t, () => {
    throw new Error('a fault of the blog');
  });
  stranger.write(ASKED);
  await served;
  assert.match(String(console.error.mock.calls[0].arguments[0]), /a fault of the blog/);
});

test('who is refused and leaves his end open holds no connection', async (t) => {
  const { stranger, served, told } = await strangerOf(t, (_, response) => {
    response.statusCode = 401;
    response.end('no');
  });
  stranger.write(ASKED);
  await served;
  assert.match(await told, /^HTTP\/1\.1 401 Unauthorized\r\n[^]*\r\n\r\nno$/);
});

test('who goes away while the application thinks, and who says much meanwhile, is no burden to it', async (t) => {
  for (const leave of [(stranger) => stranger.end(), (stranger) => stranger.write('x'.repeat(200_000))]) {
    const left = [];
    const { stranger, served } = await strangerOf(t, (_, response) => left.push(once(response, 'close')));
    stranger.write(ASKED);
    while (left.length === 0) await new Promise(setImmediate);
    leave(stranger);
    await Promise.all([served, ...left]);
  }
});

test('another listener has the WebSockets of its own paths, and talks are asked of the application', async (t) => {
  const asked = [];
  const app = (request, response) => asked.push(request.url) && response.end();
  const other = (request, socket) => request.url === '/live' && socket.end('theirs');
  for (const path of ['/live', '/code/v1/executions:interact?x=1', '/code/v1/executions/a.b/interact']) {
    const { stranger, served, told } = await strangerOf(t, app, other);
    stranger.write(ASKED.replace('/talk', path));
    assert.match(await told, path === '/live' ? /^theirs$/ : /^HTTP\/1\.1 200 OK/);
    stranger.end();
    await served;
  }
  assert.deepEqual(asked, ['/code/v1/executions:interact?x=1', '/code/v1/executions/a.b/interact']);
});

test('an upgrade to something else is a request as any other', async (t) => {
  const { stranger, served, told } = await strangerOf(t, (_, response) => response.end('a page'));
  stranger.write('GET / HTTP/1.1\r\nHost: blog\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n');
  await served;
  assert.match(await told, /^HTTP\/1\.1 200 OK\r\n[^]*a page/);
});
