// A backend that is told of results by callback as well.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import test from 'node:test';

import { CodeRunner } from '@coderunner/client';
import { codeRunner } from '@coderunner/client/express';
import { cut, events, execution, hold, output, serving } from './scripted_server.mjs';
import { KEYS, signed } from './signed.mjs';

const [SECRET] = KEYS;
const PROGRAM = { language: 'python', files: [{ content: 'print(42)' }] };
const URL_OF_CALLBACKS = 'https://blog.example/code/callbacks';
const PATIENCE = { timeout: 20_000 };
const ENDED = execution('SUCCEEDED', { run: { stdout: '42\n', stderr: '' }, node_id: 'secret-node' });

/** A blog with it: `{run, watch, callback, asked}`. */
async function blogging(t, answers, { before = () => {}, ...callbacks } = {}) {
  const gateway = await serving(t, ...answers);
  const options = { secret: 'of the backend', callbacks: { url: URL_OF_CALLBACKS, secrets: SECRET, ...callbacks } };
  const middleware = codeRunner(new CodeRunner(gateway.url, { retries: 0 }), options);
  const server = http.createServer(async (request, response) => {
    await before(request);
    middleware(request, response, (error) => response.writeHead(error ? 500 : 404).end(error?.message));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  const headers = { 'Content-Type': 'application/json' };
  return {
    run: (init = {}) => fetch(`${url}/v1/executions`, { method: 'POST', headers, body: JSON.stringify(PROGRAM), ...init }),
    watch: (handle) => fetch(`${url}/v1/executions/${handle}/events`),
    callback: (told, more = {}) => {
      const body = Buffer.from(JSON.stringify(told));
      return fetch(`${url}/callbacks`, { method: 'POST', body, headers: signed(body, SECRET), ...more });
    },
    asked: gateway.asked,
  };
}

const told = (text) => Array.from(text.matchAll(/^event: (\w+)\n(?:id: (\S+)\n)?data: (.*)$/gm), ([, name, , data]) => ({ name, data: JSON.parse(data) }));
const silent = events([['state', execution('RUNNING')], ['output', output(0, '4'), '1']], hold);

test('a callback ends a stream whose gateway says nothing, and the gateway is told where it goes', PATIENCE, async (t) => {
  const { run, callback, asked } = await blogging(t, [silent]);
  const response = await run();
  assert.equal((await callback(ENDED)).status, 204);
  const all = told(await response.text());
  assert.deepEqual(all.map(({ name }) => name).filter((name) => name !== 'output'), ['state', 'result']);
  assert.equal(all.at(-1).data.run.stdout, '42\n');
  assert.match(all.at(-1).data.id, /^task-1\.[\w-]{22}$/);
  assert.ok(!JSON.stringify(all).includes('secret-node'));
  assert.deepEqual(asked[0].body.callback, { url: URL_OF_CALLBACKS });
});

test('a callback that came before anybody asks is told to who comes back', PATIENCE, async (t) => {
  const { run, watch, callback } = await blogging(t, [silent, silent, events([['result', ENDED]])]);
  const leaving = new AbortController();
  const response = await run({ signal: leaving.signal });
  const reader = response.body.getReader();
  const { value } = await reader.read();
  const handle = told(new TextDecoder().decode(value))[0].data.id;
  leaving.abort();
  for (let times = 0; times < 2; times++) assert.equal((await callback(ENDED)).status, 204); // they come at least once
  assert.equal(told(await (await watch(handle)).text()).at(-1).name, 'result');
});

test('the watch alone ends its stream where no callback comes, and a failing one is told', PATIENCE, async (t) => {
  const results = { put: () => {}, of: () => Promise.reject(new Error('the place where they meet is away')) };
  const answers = [events([['state', execution('RUNNING')], ['result', ENDED]]), events([['state', execution('RUNNING')]], cut)];
  const { run } = await blogging(t, answers, { results });
  assert.equal(told(await (await run()).text()).at(-1).name, 'result');
  const failed = told(await (await run()).text()).at(-1);
  assert.deepEqual([failed.name, failed.data.status], ['error', 503]);
});

test('processes of one backend hear of results where they meet', PATIENCE, async (t) => {
  const waiting = new Map();
  const results = {
    put: async (id, text) => waiting.get(id)(text),
    of: (id) => new Promise((resolve) => waiting.set(id, resolve)),
  };
  const one = await blogging(t, [silent], { results });
  const other = await blogging(t, [], { results });
  const response = await one.run();
  assert.equal((await other.callback(ENDED)).status, 204);
  assert.equal(told(await response.text()).at(-1).data.run.stdout, '42\n');
});

test('a place that cannot take a result has its callback come again', PATIENCE, async (t) => {
  const results = { put: () => Promise.reject(new Error('away')), of: () => new Promise(() => {}) };
  const { callback } = await blogging(t, [], { results });
  assert.equal((await callback(ENDED)).status, 500);
});

test('what is not signed ends nothing, and progress is no end', PATIENCE, async (t) => {
  const { run, callback } = await blogging(t, [silent]);
  const response = await run();
  assert.equal((await callback(ENDED, { headers: {} })).status, 401);
  assert.equal((await callback(execution('RUNNING'))).status, 204);
  assert.equal((await callback({ type: 'execution.running', data: { execution: ENDED } })).status, 204);
  assert.equal((await callback(execution('FAILED'))).status, 204);
  assert.equal(told(await response.text()).at(-1).data.status, 'FAILED');
});

test('a body that was read before is taken by its bytes, and where there are none that is said', PATIENCE, async (t) => {
  const reading = (keep) => async (request) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    keep(request, Buffer.concat(pieces));
  };
  const raw = await blogging(t, [], { before: reading((request, bytes) => { request.body = bytes; }) });
  assert.equal((await raw.callback(ENDED)).status, 204);
  const parsed = await blogging(t, [], { before: reading((request, bytes) => { request.body = JSON.parse(bytes); }) });
  const refused = await parsed.callback(ENDED);
  assert.equal(refused.status, 500);
  assert.match(await refused.text(), /before express\.json/);
});

test('too large a body is refused', PATIENCE, async (t) => {
  const { callback } = await blogging(t, []);
  const sent = callback(ENDED, { body: Buffer.alloc(17 * 1024 * 1024) }).then(({ status }) => status, () => 'closed');
  assert.ok([413, 'closed'].includes(await sent));
});

test('a backend whose callbacks cannot be verified does not begin', () => {
  const client = new CodeRunner('http://gateway');
  for (const callbacks of [{}, { url: 'http://b' }, { url: 'http://b', secrets: '#' }, { secrets: SECRET }]) {
    assert.throws(() => codeRunner(client, { secret: 'of the backend', callbacks }), TypeError);
  }
});
