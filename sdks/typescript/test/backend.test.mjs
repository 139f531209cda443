// The backend of a blog's own, in Node.js's own server: Express calls a middleware in the same way.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import test from 'node:test';

import { CodeRunner } from '@coderunner/client';
import { codeRunner } from '@coderunner/client/express';
import { cut, events, execution, hold, json, output, problem, serving } from './scripted_server.mjs';

const PROGRAM = { language: 'python', files: [{ content: 'print(42)' }] };
const KEY = '018f0000-0000-7000-8000-00000000abcd';
const SECRET = 'of the backend';
const PATH = '/v1/executions';

/** A blog with it: `{ask, run, asked}`. */
async function blogging(t, answers, options = {}, addresses = undefined) {
  const gateway = await serving(t, ...answers);
  const middleware = codeRunner(new CodeRunner(gateway.url, { retries: 0 }), { secret: SECRET, languages: ['python'], ...options });
  const server = http.createServer((request, response) => {
    if (addresses) request.ip = addresses.next().value; // as Express has it
    middleware(request, response, (error) => response.writeHead(error ? 500 : 404).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  const ask = (path, init) => fetch(url + path, init);
  const run = (body = PROGRAM, headers = {}, init = {}) => ask(PATH, {
    method: 'POST', headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body), ...init,
  });
  return { ask, run, url, asked: gateway.asked };
}

const told = async (response) => Array.from(
  (await response.text()).matchAll(/^event: (\w+)\n(?:id: (\S+)\n)?data: (.*)$/gm),
  ([, name, id, data]) => ({ name, id, data: JSON.parse(data) }),
);

const RAN = [
  ['state', execution('RUNNING', { node_id: 'secret-node', labels: { from: 'blog' } })],
  ['output', output(0, '🙂a\n'), '1.1/run/3/0'],
  ['output', output(3, 'b\n'), '1.1/run/5/0'],
  ['result', execution('SUCCEEDED', { run: { stdout: '🙂a\nb\n', stderr: '' }, node_id: 'secret-node' })],
];

test('a program is run, and its reader is told all of it', async (t) => {
  const { run, asked } = await blogging(t, [events(RAN)]);
  const response = await run({ ...PROGRAM, stdin: '27\n', limits: { wall_ms: 500 }, idempotency_key: KEY });
  const all = await told(response);
  assert.deepEqual(all.map(({ name }) => name), ['state', 'output', 'output', 'result']);
  assert.equal(new Set(all.map(({ data }) => data.id)).size, 1);
  assert.match(all[0].data.id, /^task-1\.[\w-]{22}$/);
  assert.ok(!JSON.stringify(all).includes('secret-node'));
  const { body } = asked[0];
  assert.deepEqual([body.stdin, body.limits.wall_ms, body.limits.cpu_ms], ['27\n', 500, 5000]);
  assert.match(body.reader, /^[0-9a-f]{32}$/);
  assert.match(body.idempotency_key, /^018f0000-0000-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(body.idempotency_key, KEY);
});

test('a reader comes back to where he was, and only to what is his', async (t) => {
  const { run, ask, asked } = await blogging(t, [events(RAN), events(RAN), events(RAN)]);
  const all = await told(await run());
  const handle = all[0].data.id;
  const at = `${PATH}/${handle}/events`;
  const again = await told(await ask(at, { headers: { 'Last-Event-ID': all[1].id } }));
  assert.deepEqual(again.filter(({ name }) => name === 'output').map(({ data }) => data.text), ['b\n']);
  for (const nonsense of ['9'.repeat(5000), '1.2', 'x']) {
    if (asked.length < 3) assert.equal((await told(await ask(at, { headers: { 'Last-Event-ID': nonsense } }))).at(-1).name, 'result');
  }
  assert.equal((await ask(at, { headers: { 'Last-Event-ID': all.at(-1).id } })).status, 204);
  const seen = asked.length;
  for (const guess of ['task-1', 'task-1.', `x${handle}`, `${handle}x`, `${handle.slice(0, -1)}${handle.endsWith('A') ? 'B' : 'A'}`, 'x'.repeat(4000)]) {
    assert.equal((await ask(`${PATH}/${guess}/events`)).status, 404, guess);
    assert.equal((await ask(`${PATH}/${guess}`, { method: 'DELETE' })).status, 404, guess);
  }
  assert.equal(asked.length, seen);
});

test('a reader cancels his own', async (t) => {
  const { run, ask, asked } = await blogging(t, [events(RAN), json({ execution: execution('CANCELLED'), cancelled: true })]);
  const handle = (await told(await run()))[0].data.id;
  const answer = await (await ask(`${PATH}/${handle}`, { method: 'DELETE' })).json();
  assert.deepEqual([answer.cancelled, answer.execution.id, asked[1].path], [true, handle, `${PATH}/task-1`]);
});

test('what is no program, or more than readers may, is refused, and the gateway hears nothing of it', async (t) => {
  const { run, asked } = await blogging(t, []);
  const python = (more) => JSON.stringify({ ...PROGRAM, ...more });
  const bad = [
    '', '[]', '1', 'null', '{}', '['.repeat(100_000), '{"language": "python"}', python({ files: 1 }), python({ files: [] }), python({ files: [1] }),
    python({ files: [{ content: 1 }] }), python({ files: [{ mode: 7 }] }), python({ files: Array(40).fill({}) }), python({ language: 'rust' }),
    python({ language: ['python'] }), python({ limits: { wall_ms: 10_001 } }), python({ limits: { wall_ms: 0 } }), python({ limits: { wall_ms: 1e99 } }),
    python({ limits: { constructor: 1 } }), python({ limits: { disk_bytes: 1 } }), python({ limits: null }), python({ args: 'ab' }), python({ args: [1] }),
    python({ idempotency_key: 'k'.repeat(300) }), python({ callback: { url: 'http://10.0.0.1' } }), python({ reader: 'another' }), python({ priority: 'HIGH' }),
    `{"__proto__": 1, ${python().slice(1)}`,
  ];
  for (const body of bad) {
    const response = await run(body);
    assert.equal(response.status, 400, body.slice(0, 100));
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
  }
  assert.equal((await run(python({ stdin: 'x'.repeat(300_000) }))).status, 413);
  assert.deepEqual(asked, []);
});

test("another site's page starts and ends nothing", async (t) => {
  const { run, ask, asked, url } = await blogging(t, [events(RAN)]);
  for (const headers of [{ Origin: 'https://elsewhere.example' }, { Origin: 'null' }, { Origin: 'http://[broken' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    const { status } = await run(PROGRAM, headers);
    assert.equal(status, 403);
    assert.equal((await ask(`${PATH}/any`, { method: 'DELETE', headers })).status, 403);
  }
  assert.equal((await run(PROGRAM, { 'Content-Type': 'text/plain' })).status, 415);
  assert.deepEqual(asked, []);
  assert.equal((await run(PROGRAM, { Origin: url })).status, 200);
});

test('origins that are named may, and no others', async (t) => {
  const { run, url } = await blogging(t, [events(RAN)], { origins: ['https://blog.example'] });
  assert.equal((await run(PROGRAM, { Origin: url })).status, 403);
  assert.equal((await run(PROGRAM, { Origin: 'https://blog.example' })).status, 200);
});

test('a reader runs so many programs, and another one is none the worse', async (t) => {
  const options = { runsPerMinute: 1, reader: ({ headers }) => headers['x-user'] };
  const { run, asked } = await blogging(t, [events(RAN), events(RAN)], options);
  const statuses = [];
  for (const user of ['ada', 'ada', 'bob']) statuses.push((await run(PROGRAM, { 'X-User': user })).status);
  assert.deepEqual(statuses, [200, 429, 200]);
  assert.notEqual(asked[0].body.reader, asked[1].body.reader);
});

test('so many streams are open, and one who leaves frees his place while his run goes on', async (t) => {
  const waits = events([RAN[0]], hold);
  const { run, asked } = await blogging(t, [waits, events(RAN)], { maxStreamsPerReader: 1 });
  const leaving = new AbortController();
  const first = await run(PROGRAM, {}, { signal: leaving.signal });
  assert.equal(first.status, 200);
  assert.equal((await run()).status, 429);
  leaving.abort();
  await assert.rejects(first.text());
  let status = 429;
  while (status === 429) ({ status } = await run());
  assert.equal(status, 200);
  assert.ok(asked.every(({ verb }) => verb === 'POST'));
});

test('a refusal is told in words for readers', async (t) => {
  const violations = [{ field: 'files', description: 'are too many' }];
  const { run } = await blogging(t, [
    problem(400, 'INVALID_ARGUMENT', { violations }),
    problem(429, 'RESOURCE_EXHAUSTED', { retry_after_ms: 3000 }),
    problem(401, 'UNAUTHENTICATED'),
    problem(503, 'UNAVAILABLE'),
  ]);
  const [invalid, busy, unknown, away] = [await run(), await run(), await run(), await run()];
  assert.deepEqual([invalid.status, busy.status, unknown.status, away.status], [400, 429, 502, 503]);
  assert.deepEqual((await invalid.json()).violations, violations);
  assert.equal(busy.headers.get('retry-after'), '3');
  assert.ok(!(await unknown.text()).includes('401'));
});

test('a gateway that goes away is told in the stream', async (t) => {
  const { run } = await blogging(t, [events([RAN[0]], cut)]);
  const all = await told(await run());
  assert.deepEqual([all.at(-1).name, all.at(-1).data.status], ['error', 503]);
});

test('the output of a kept answer, which is told before any state, is told', async (t) => {
  const { run } = await blogging(t, [events([RAN[1], RAN[3]])]);
  assert.deepEqual((await told(await run())).map(({ name }) => name), ['output', 'result']);
});

test('a backend without a secret does not begin', () => {
  for (const secret of [undefined, '', 'short']) assert.throws(() => codeRunner(new CodeRunner('http://gateway'), { secret }), TypeError);
});

test('readers are told apart as a network tells its customers apart', async (t) => {
  const addresses = ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9%eth0', '2001:db8:1:3::9'];
  const { run, asked } = await blogging(t, addresses.map(() => events(RAN)), {}, addresses.values());
  for (const address of addresses) assert.equal((await run()).status, 200, address);
  const readers = asked.map(({ body }) => body.reader);
  assert.equal(readers[0], readers[1]);
  assert.equal(readers[2], readers[3]);
  assert.equal(new Set(readers).size, 3);
});
