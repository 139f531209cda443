// What a page and the gateway say to each other through a blog's own backend: the worst of either.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';

import { CodeRunner } from '@coderunner/client';
import { codeRunner } from '@coderunner/client/express';
import { Handles } from '../src/handles.js';
import { Page, passOn } from '../src/talking.js';
import { execution, output } from './scripted_server.mjs';

const HANDLES = new Handles('of the backend');
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A page's socket, as the package `ws` has it. */
class PageSocket extends EventEmitter {
  bufferedAmount = 0;
  isPaused = false;
  heard = [];
  ping() {}
  pause() { this.isPaused = true; }
  resume() { this.isPaused = false; }
  send(text) { this.heard.push(JSON.parse(text)); }
  terminate() { this.isTerminated = true; this.emit('close'); }
  close(code) { this.code = code; this.emit('close'); }
  say(message, isBinary = false) { this.emit('message', Buffer.from(message), isBinary); }
}

class GatewaySocket {
  bufferedAmount = 0;
  readyState = 0;
  heard = [];
  open() { this.readyState = 1; this.onopen({}); }
  send(text) { this.heard.push(JSON.parse(text)); }
  say(event) { this.onmessage?.({ data: JSON.stringify(event) }); }
  close() { this.isClosed = true; }
}

function between(t) {
  const socket = new PageSocket();
  const gateway = new GatewaySocket();
  const page = new Page(socket);
  t.after(() => socket.emit('close'));
  return { socket, gateway, page };
}

test('both directions are passed on in order, and the gateway is told nothing before the task', async (t) => {
  const { socket, gateway, page } = between(t);
  const passing = passOn(page, gateway, HANDLES, { language: 'python' });
  socket.say('{"said": {"number": 1, "input": "a"}}');
  await settled();
  assert.deepEqual(gateway.heard, []);
  gateway.open();
  gateway.say({ execution: execution('RUNNING', { node_id: 'secret-node' }) });
  gateway.say({ output: output(0, 'name? ') });
  gateway.say({ waits: { attempt: 1 } });
  gateway.say({ taken: { number: 1, attempt: 1 } });
  gateway.say({ execution: execution('SUCCEEDED') });
  await passing;
  assert.deepEqual(gateway.heard, [{ begin: { language: 'python' } }, { said: { number: 1, input: 'a' } }]);
  assert.deepEqual(socket.heard.map((event) => Object.keys(event)[0]), ['execution', 'output', 'waits', 'taken', 'execution']);
  assert.ok(!JSON.stringify(socket.heard).includes('secret-node'));
  assert.match(socket.heard[1].output.id, /^task-1\.[\w-]{22}$/);
  assert.ok(gateway.isClosed);
});

test('who says more than the gateway takes waits, and what he says next is not read', async (t) => {
  const { socket, gateway, page } = between(t);
  const passing = passOn(page, gateway, HANDLES);
  gateway.open();
  gateway.bufferedAmount = 300_000;
  socket.say('{"said": {"number": 1, "close": true}}');
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.deepEqual([gateway.heard, socket.isPaused], [[], true]);
  gateway.bufferedAmount = 0;
  while (gateway.heard.length === 0) await settled();
  assert.deepEqual([gateway.heard, socket.isPaused], [[{ said: { number: 1, close: true } }], false]);
  socket.emit('close');
  await passing;
});

test('who reads nothing is left, whether he is told much or asks for signs of life', async (t) => {
  for (const unread of [(gateway) => gateway.say({ output: output(0, 'x') }), (_, socket) => socket.emit('ping')]) {
    const { socket, gateway, page } = between(t);
    const passing = passOn(page, gateway, HANDLES);
    gateway.open();
    socket.bufferedAmount = 5_000_000;
    unread(gateway, socket);
    await passing;
    assert.ok(socket.isTerminated);
  }
});

test('a gateway that goes away is told as one that may be back', async (t) => {
  const { gateway, page } = between(t);
  const passing = passOn(page, gateway, HANDLES);
  gateway.open();
  gateway.onclose({ code: 1006 });
  await assert.rejects(passing, { status: 503 });
});

test('a refusal of the gateway is told in words for readers', async (t) => {
  for (const [status, code] of [[401, 4502], [429, 4429]]) {
    const { socket, gateway, page } = between(t);
    const passing = passOn(page, gateway, HANDLES);
    gateway.say({ error: { status, detail: 'the words of the gateway', code: 'X' } });
    const error = await passing.catch((thrown) => thrown);
    page.refuse(error);
    assert.equal(socket.code, code);
    assert.ok(!JSON.stringify(socket.heard).includes('the words of the gateway'));
  }
});

test('without a server of WebSockets nobody talks', async () => {
  const middleware = codeRunner(new CodeRunner('http://gateway'), { secret: 'of the backend' });
  const told = {};
  const response = { writeHead: (status) => (told.status = status), end: (body) => (told.body = body) };
  await middleware({ method: 'GET', url: '/v1/executions:interact', headers: {} }, response, assert.fail);
  assert.equal(told.status, 404);
});
