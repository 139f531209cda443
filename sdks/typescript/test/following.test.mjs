// Following a task, over connections that break in every way.

import assert from 'node:assert/strict';
import test from 'node:test';

import { CodeRunner } from '../src/index.js';
import { all, cut, events, execution, hold, json, output, problem, serving, TASK, text } from './scripted_server.mjs';

const PLACE = '1.1/run/6/0';
const RUNNING = ['state', execution('RUNNING')];
const DONE = execution('SUCCEEDED', { run: { stdout: 'hello world' } });
const RESULT = ['result', DONE, 'end'];

const piecesOf = (told) => told.filter((one) => one.type === 'output').map(({ offset, text }) => [offset, text]);

test('a task is told from its state to its result', async (t) => {
  const { url, asked } = await serving(t, events([RUNNING, ['output', output(0, 'hello '), PLACE], RESULT]));
  assert.deepEqual(await all(new CodeRunner(url, { token: 'k' }).follow('task-1')), [
    { type: 'state', execution: execution('RUNNING') },
    { type: 'output', stage: 'run', stream: 'stdout', offset: 0, text: 'hello ', attempt: 1 },
    { type: 'result', execution: DONE },
  ]);
  assert.deepEqual([asked[0].headers.accept, asked[0].headers.authorization], ['text/event-stream', 'Bearer k']);
});

test('a connection that broke is opened again where it was, and nothing is told twice', async (t) => {
  const again = [RUNNING, ['output', output(0, 'hello world'), '1.1/run/11/0'], RESULT];
  const { url, asked } = await serving(
    t,
    events([RUNNING, ['output', output(0, 'hello '), PLACE]], cut),
    text('<html>502</html>', 502),
    events(again),
  );
  const told = await all(new CodeRunner(url).follow('task-1'));
  assert.deepEqual(told.map((one) => one.type), ['state', 'output', 'output', 'result']);
  assert.deepEqual(piecesOf(told), [[0, 'hello '], [6, 'world']]);
  assert.deepEqual(asked.map((one) => one.headers['last-event-id']), [undefined, PLACE, PLACE]);
});

const ENDS = {
  'in the middle of an event': (response) =>
    response.write(`event: output\nid: 9.9/run/9/9\ndata: {"id":"ta`, () => cut(response)),
  'in the middle of an event, as if it were the end': (response) => response.end(`event: result\ndata: {"id":"task-1"`),
  'between two events': (response) => response.end(),
  'with words that the gateway is away': (response) =>
    response.end('event: error\ndata: {"title":"t","status":503,"detail":"away","code":"UNAVAILABLE"}\n\n'),
};
for (const [how, end] of Object.entries(ENDS)) {
  test(`a stream that ends ${how} goes on`, async (t) => {
    const { url, asked } = await serving(
      t,
      events([['output', output(0, 'hello '), PLACE]], end),
      events([['output', output(6, 'world')], RESULT]),
    );
    assert.deepEqual(piecesOf(await all(new CodeRunner(url).follow('task-1'))), [[0, 'hello '], [6, 'world']]);
    assert.equal(asked[1].headers['last-event-id'], PLACE);
  });
}

test('a stream that says nothing is opened anew', async (t) => {
  const { url, asked } = await serving(t, events([RUNNING], hold), events([RESULT]));
  assert.equal((await all(new CodeRunner(url, { silenceMs: 1000 }).follow('task-1'))).length, 2);
  assert.equal(asked.length, 2);
});

test('who takes his time over an event is no silent stream', async (t) => {
  const rest = (response) => setTimeout(() => response.end(`event: result\ndata: ${JSON.stringify(DONE)}\n\n`), 10);
  const { url, asked } = await serving(t, events([RUNNING], rest));
  for await (const event of new CodeRunner(url, { silenceMs: 1000 }).follow('task-1')) {
    if (event.type === 'state') await new Promise((resolve) => setTimeout(resolve, 1500));
  }
  assert.equal(asked.length, 1);
});

test('a task is submitted and followed in one request, and found by its key where that broke', async (t) => {
  const { url, asked } = await serving(t, events([], cut), events([RUNNING], cut), events([RESULT]));
  const told = await all(new CodeRunner(url).runAndFollow(TASK));
  assert.deepEqual(told.map((one) => one.type), ['state', 'result']);
  assert.deepEqual(asked.map((one) => `${one.verb} ${one.path}`), [
    'POST /v1/executions',
    'POST /v1/executions',
    'GET /v1/executions/task-1/events',
  ]);
  assert.ok(asked[0].body.idempotency_key);
  assert.equal(asked[0].body.idempotency_key, asked[1].body.idempotency_key);
});

test('who may only submit follows by submitting again, and is told nothing twice', async (t) => {
  const denied = problem(403, 'PERMISSION_DENIED');
  const { url, asked } = await serving(
    t,
    events([RUNNING, ['output', output(0, 'hello ')]], cut),
    denied,
    events([RUNNING, ['output', output(0, 'hello world')]], cut),
    events([RESULT]),
  );
  assert.deepEqual(piecesOf(await all(new CodeRunner(url).runAndFollow(TASK))), [[0, 'hello '], [6, 'world']]);
  assert.deepEqual(asked.map((one) => one.verb), ['POST', 'GET', 'POST', 'POST']);
  assert.equal(new Set(asked.map((one) => one.body.idempotency_key)).size, 2, 'another key, besides none');
});

test('who may only submit waits for a long task, and may not follow others', async (t) => {
  const denied = problem(403, 'PERMISSION_DENIED');
  const { url } = await serving(t, json(execution('RUNNING'), 202), denied, events([RESULT]), denied);
  const client = new CodeRunner(url);
  assert.deepEqual(await client.run(TASK), DONE);
  await assert.rejects(all(client.follow('task-1')), { status: 403, code: 'PERMISSION_DENIED' });
});

test('a higher attempt begins anew, and what comes late of a lower one is not told', async (t) => {
  const { url } = await serving(
    t,
    events([
      ['output', output(0, 'first')],
      ['output', output(0, 'second', { attempt: 2 })],
      ['output', output(5, 'late')],
      RESULT,
    ]),
  );
  assert.deepEqual(piecesOf(await all(new CodeRunner(url).follow('task-1'))), [[0, 'first'], [0, 'second']]);
});

test('what was told is told before a refusal that ends it', async (t) => {
  const gone = ['error', { title: 't', status: 401, detail: 'revoked', code: 'UNAUTHENTICATED' }];
  const { url, asked } = await serving(t, events([RUNNING, ['output', output(0, 'x')], gone]));
  const told = [];
  const following = async () => {
    for await (const one of new CodeRunner(url).follow('task-1')) told.push(one.type);
  };
  const revoked = { name: 'CodeRunnerError', status: 401, code: 'UNAUTHENTICATED', message: 'revoked' };
  await assert.rejects(following(), revoked);
  assert.deepEqual([told, asked.length], [['state', 'output'], 1]);
});

test('connections that tell nothing new are opened so often, and no more', async (t) => {
  const same = events([RUNNING, ['output', output(0, 'x')]], cut);
  const { url, asked } = await serving(t, ...Array(9).fill(same));
  await assert.rejects(all(new CodeRunner(url, { retries: 2 }).follow('task-1')), { code: 'UNAVAILABLE', status: 0 });
  assert.equal(asked.length, 3);
});

test('who is told something new each time may break for ever', async (t) => {
  const broken = 'abcdef'.split('').map((letter, at) => events([['output', output(at, letter)]], cut));
  const { url } = await serving(t, ...broken, events([RESULT]));
  assert.equal((await all(new CodeRunner(url, { retries: 1 }).follow('task-1'))).length, 7);
});

const STRANGE = {
  'a page': text('<html>'),
  'no content': (_request, response) => response.writeHead(204).end(),
  'an event that is no JSON': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end('event: state\ndata: {\n\n');
  },
  'output of nowhere': events([['output', output(-1, 'x')]]),
  'output that is none': events([['output', null]]),
  'a result that is none': events([['result', execution('RUNNING')]]),
};
for (const [what, answer] of Object.entries(STRANGE)) {
  test(`what no gateway tells ends it: ${what}`, async (t) => {
    const { url, asked } = await serving(t, answer);
    await assert.rejects(all(new CodeRunner(url).follow('task-1')), { name: 'CodeRunnerError', code: 'UNKNOWN' });
    assert.equal(asked.length, 1);
  });
}

test('an id that no header can have is not sent back', async (t) => {
  const { url, asked } = await serving(t, events([['output', output(0, 'x'), 'a\u0000\u00e9']], cut), events([RESULT]));
  await all(new CodeRunner(url).follow('task-1'));
  assert.equal(asked[1].headers['last-event-id'], undefined);
});

test('an unknown task, and one that is none, are refused', async (t) => {
  const { url, asked } = await serving(t, problem(404, 'NOT_FOUND'));
  await assert.rejects(all(new CodeRunner(url).follow('task-1')), { status: 404 });
  await assert.rejects(all(new CodeRunner(url).follow('../x')), TypeError);
  assert.equal(asked.length, 1);
});

test('who stops listening closes the connection, and cancels nothing', { timeout: 20_000 }, async (t) => {
  let closed;
  const closing = new Promise((resolve) => (closed = resolve));
  const { url, asked } = await serving(t, events([RUNNING], (response) => response.on('close', closed)));
  for await (const one of new CodeRunner(url).runAndFollow(TASK)) {
    assert.equal(one.type, 'state');
    break;
  }
  await closing;
  assert.equal(asked.length, 1);
});

test('an abort ends it, also between two connections, and cancels the task where that is asked for', async (t) => {
  const cancelled = json({ execution: execution('CANCELLED'), cancelled: true });
  const { url, asked } = await serving(t, events([RUNNING], hold), events([RUNNING], hold), cancelled);
  for (const cancelOnAbort of [false, true]) {
    const controller = new AbortController();
    const following = async () => {
      const options = { signal: controller.signal, cancelOnAbort };
      for await (const _one of new CodeRunner(url).runAndFollow(TASK, options)) setTimeout(() => controller.abort(), 20);
    };
    await assert.rejects(following(), { name: 'AbortError' });
  }
  const verbs = asked.map((one) => `${one.verb} ${one.path}`);
  assert.deepEqual(verbs, ['POST /v1/executions', 'POST /v1/executions', 'DELETE /v1/executions/task-1']);
});
