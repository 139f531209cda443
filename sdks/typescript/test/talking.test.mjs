// Talking to a program, over connections that break.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'node:test';

import { CodeRunner } from '../src/index.js';
import { all, execution, output, TASK } from './scripted_server.mjs';

const DONE = execution('SUCCEEDED');

/** The gateway's end of WebSockets: each connection does what its script says to each message. */
function scripted(...scripts) {
  return answering(() => Promise.reject(new TypeError('nobody is there')), ...scripts);
}

/** As well, and requests are answered by `fetch`. */
function answering(fetch, ...scripts) {
  const opened = [];
  class Socket {
    constructor(url, protocols) {
      Object.assign(this, { url, protocols, heard: [] });
      this.script = scripts[opened.length] ?? (() => assert.fail('not expected'));
      opened.push(this);
      setImmediate(() => (this.script === 'refused' ? this.end(1006) : this.onopen({})));
    }
    send(data) {
      this.heard.push(JSON.parse(data));
      const message = JSON.parse(data);
      queueMicrotask(() => this.script(this, message));
    }
    say(...events) {
      for (const event of events) this.onmessage?.({ data: JSON.stringify(event) });
    }
    end(code) {
      this.onclose?.({ code });
    }
    close() {
      this.isClosed = true;
    }
  }
  return { opened, client: new CodeRunner('https://gateway/base', { token: 'k', WebSocket: Socket, fetch, silenceMs: 50, retries: 2 }) };
}

test('a program is asked and answers', async () => {
  const { opened, client } = scripted((socket, { begin, said }) => {
    if (begin) socket.say({ execution: execution('RUNNING') }, { output: output(0, 'name? ') }, { waits: { attempt: 1 } });
    else if (said.number === 3) socket.say({ taken: { number: 3, attempt: 1 } }, { execution: DONE });
  });
  const program = client.interact(TASK);
  const told = [];
  for await (const event of program) {
    told.push(event.type);
    if (event.type !== 'waits') continue;
    program.write('Ada\n');
    program.write(new Uint8Array([0xff, 0]));
    program.signal('INT');
  }
  assert.deepEqual(told, ['state', 'output', 'waits', 'result']);
  assert.equal(program.id, 'task-1');
  const [socket] = opened;
  assert.equal(socket.url, 'wss://gateway/base/v1/executions:interact');
  assert.deepEqual(socket.protocols, ['coderunner.v1', 'coderunner.bearer.k']);
  assert.ok(socket.heard[0].begin.idempotency_key);
  assert.deepEqual(socket.heard.slice(1).map(({ said }) => said), [
    { number: 1, input: 'Ada\n' },
    { number: 2, input_data: '/wA=' },
    { number: 3, signal: 'INT' },
  ]);
  assert.ok(socket.isClosed);
});

test('what was not taken is said again in a new connection, and no output is told twice', async () => {
  const begun = [{ execution: execution('RUNNING') }, { output: output(0, 'hello ') }];
  const { opened, client } = scripted(
    (socket, { begin, said }) => {
      if (begin) socket.say(...begun);
      else if (said.number === 3) {
        socket.say({ taken: { number: 1, attempt: 1 } });
        socket.end(1006);
      }
    },
    'refused',
    (socket, { said }) => {
      if (said.number === 3) socket.say(...begun, { output: output(6, 'world') }, { execution: DONE });
    },
  );
  const program = client.interact(TASK);
  for (const one of ['a', 'b', 'c']) program.write(one);
  const told = await all(program);
  assert.deepEqual(told.filter(({ type }) => type === 'output').map(({ text }) => text), ['hello ', 'world']);
  assert.deepEqual(told.map(({ type }) => type), ['state', 'output', 'output', 'result']);
  assert.equal(opened[2].url, 'wss://gateway/base/v1/executions/task-1/interact');
  assert.deepEqual(opened[2].heard.map(({ said }) => said.input), ['b', 'c']);
});

test('before it was accepted it is begun again, under the same key', async () => {
  const { opened, client } = scripted((socket) => socket.end(1012), (socket) => socket.say({ execution: DONE }));
  assert.deepEqual(await client.interact(TASK).result(), DONE);
  const keys = opened.map(({ heard }) => heard[0].begin.idempotency_key);
  assert.equal(keys[0], keys[1]);
});

test('another attempt is told everything anew', async () => {
  const { opened, client } = scripted((socket, { begin, said }) => {
    if (begin) socket.say({ execution: execution('RUNNING') });
    else if (said.number === 2 && socket.heard.length === 3) {
      socket.say({ taken: { number: 2, attempt: 1 } }, { taken: { number: 0, attempt: 2 } });
    } else if (socket.heard.length === 5) socket.say({ execution: DONE });
  });
  const program = client.interact(TASK);
  program.write('a');
  program.closeInput();
  await program.result();
  const said = opened[0].heard.slice(1).map((one) => one.said.number);
  assert.deepEqual(said, [1, 2, 1, 2]);
});

test('a gateway that takes nothing of what was said has gone', async () => {
  const { opened, client } = scripted(
    (socket, { begin }) => begin && socket.say({ execution: execution('RUNNING') }),
    (socket) => socket.say({ execution: DONE }),
  );
  const program = client.interact(TASK);
  program.write('a');
  await program.result();
  assert.deepEqual(opened[1].heard, [{ said: { number: 1, input: 'a' } }]);
});

test('a refusal is thrown where one iterates', async () => {
  const problem = { title: 't', status: 403, detail: 'not here', code: 'PERMISSION_DENIED' };
  const { opened, client } = scripted((socket) => socket.say({ error: problem }));
  await assert.rejects(client.interact(TASK).result(), { name: 'CodeRunnerError', status: 403, message: 'not here' });
  assert.equal(opened.length, 1);
});

test('a place that closes a connection with a refusal is asked again only where that may help', async () => {
  for (const [code, status] of [[4401, 401], [4403, 403], [4404, 404], [4500, 500]]) {
    const { opened, client } = scripted((socket) => socket.end(code));
    await assert.rejects(client.interact(TASK).result(), { name: 'CodeRunnerError', status, message: `The server answered ${status}.` });
    assert.equal(opened.length, 1);
  }
  const { opened, client } = scripted((socket) => socket.end(4503), (socket) => socket.end(1011), (socket) => socket.say({ execution: DONE }));
  assert.deepEqual(await client.interact(TASK).result(), DONE);
  assert.equal(opened.length, 3);
});

test('why a connection is not even opened is what a request is told', async () => {
  const words = JSON.stringify({ status: 404, detail: 'No program is talked to here.' });
  const answers = [
    [new Response('no', { status: 401, headers: { 'Content-Type': 'text/plain' } }), { status: 401, message: '401 (text/plain)' }],
    [new Response(words, { status: 404, headers: { 'Content-Type': 'application/problem+json' } }), { status: 404, message: 'No program is talked to here.' }],
    [new Response(null, { status: 302, headers: { Location: '/log-in' } }), { message: /leads elsewhere/ }],
    [new Response('a page', { headers: { 'Content-Type': 'text/html' } }), { message: /200 text\/html/ }],
  ];
  for (const [answer, told] of answers) {
    const asked = [];
    const { opened, client } = answering(async (...request) => {
      asked.push(request);
      await pause(20);
      request[1].signal.throwIfAborted();
      return answer;
    }, 'refused');
    await assert.rejects(client.interact(TASK).result(), told);
    assert.equal(opened.length, 1);
    const [[url, { method, redirect, headers }]] = asked;
    assert.deepEqual([url, method, redirect, headers.Authorization], ['https://gateway/base/v1/executions:interact', 'GET', 'manual', 'Bearer k']);
  }
});

test('a place that answers requests and opens no connection is tried again, and then told in its words', async () => {
  const words = JSON.stringify({ status: 426, detail: 'Programs are talked to over a WebSocket.', code: 'FAILED_PRECONDITION' });
  const fetch = async () => new Response(words, { status: 426, headers: { 'Content-Type': 'application/problem+json' } });
  const { client } = answering(fetch, 'refused', (socket) => socket.say({ execution: DONE }));
  assert.deepEqual(await client.interact(TASK).result(), DONE);
  const never = answering(fetch, 'refused', 'refused', 'refused');
  await assert.rejects(never.client.interact(TASK).result(), { status: 426, message: 'Programs are talked to over a WebSocket.' });
  assert.equal(never.opened.length, 3);
});

for (const [what, data] of [['no JSON', '{'], ['no object', 'null'], ['no task', '{"execution": {"id": 7}}']]) {
  test(`a message that is ${what} is no gateway's`, async () => {
    const { client } = scripted((socket) => socket.onmessage({ data }));
    await assert.rejects(client.interact(TASK).result(), /not an answer of a CodeRunner gateway/);
  });
}

test('who leaves, and whose signal aborts, has no result', async () => {
  const waits = (socket) => socket.say({ execution: execution('RUNNING') });
  const { opened, client } = scripted(waits, waits);
  const program = client.interact(TASK);
  const result = program.result();
  await pause(1);
  program.close();
  await assert.rejects(result, { code: 'CANCELLED' });
  const aborting = new AbortController();
  const other = client.interact(TASK, { signal: aborting.signal }).result();
  await pause(1);
  aborting.abort(new Error('enough'));
  await assert.rejects(other, /enough/);
  await pause(1);
  assert.deepEqual(opened.map(({ isClosed }) => isClosed), [true, true]);
});

test('more than a program may be told is not said', async () => {
  const { opened, client } = scripted((socket, { said }) => said?.number === 33 && socket.say({ execution: DONE }));
  const program = client.interact(TASK);
  program.write(`x${'🙂'.repeat((1 << 18) - 1)}`);
  assert.throws(() => program.write('xxxx'), RangeError);
  assert.throws(() => program.write(7), TypeError);
  program.closeInput();
  await Promise.race([program.result(), pause(1000)]);
  const texts = opened[0].heard.slice(1).map(({ said }) => said.input ?? '');
  assert.equal(texts.join(''), `x${'🙂'.repeat((1 << 18) - 1)}`);
  assert.ok(texts.every((text) => Buffer.byteLength(text) <= 64 * 1024 && text.isWellFormed()));
  program.close();
});

test('a token that no WebSocket can show is not shown', async () => {
  const client = new CodeRunner('http://gateway', { token: 'a/b=', WebSocket: class {} });
  await assert.rejects(client.interact(TASK).result(), (error) => error instanceof TypeError && !`${error}`.includes('a/b'));
  const without = new CodeRunner('http://gateway', { WebSocket: null });
  await assert.rejects(without.interact(TASK).result(), /there is no WebSocket here/);
  await assert.rejects(without.interact(null).result(), TypeError);
});
