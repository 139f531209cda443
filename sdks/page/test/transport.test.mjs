// The gateway as a page asks it, on answers and streams of every kind.

import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';

import { EventParser } from '../src/event_parser.js';
import { Running } from '../src/running.js';
import { events, freshKey, RunError } from '../src/transport.js';

const TASK = { language: 'python', files: [{ content: 'print(42)' }] };
const STATE = ['state', { id: 'task-1', status: 'RUNNING' }];
const RESULT = ['result', { id: 'task-1', status: 'SUCCEEDED' }];
const output = (offset, text) => ['output', { id: 'task-1', stage: 'run', stream: 'stdout', offset, text, attempt: 1 }];

/** A server that answers each request by the next of `answers`; its requests are in `asked`. */
async function serving(t, ...answers) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method, url: request.url, headers: request.headers, body: body && JSON.parse(body) });
    const answer = request.method === 'DELETE' ? json({}) : answers.shift();
    await answer(response, request);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, place: { url: `http://127.0.0.1:${server.address().port}`, key: 'k-1' } };
}

const text = ([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const stream = (...told) => (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write('retry: 1000\n\n');
  for (const one of told) response.write(text(one));
  response.end();
};
const json = (body, status = 200) => (response) => {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(body));
};

async function all(place, signal = new AbortController().signal) {
  const told = [];
  for await (const batch of events(place, TASK, signal)) told.push(...batch);
  return told.map(({ name }) => name);
}

test('one request submits and follows', async (t) => {
  const { place, asked } = await serving(t, stream(STATE, output(0, 'a'), RESULT));
  assert.deepEqual(await all(place), ['state', 'output', 'result']);
  const [{ method, url, headers, body }] = asked;
  assert.deepEqual([asked.length, method, url, headers.accept, headers.authorization], [1, 'POST', '/v1/executions', 'text/event-stream', 'Bearer k-1']);
  assert.deepEqual(body.files, TASK.files);
});

test('a connection that broke is opened again, for the same task', async (t) => {
  const { place, asked } = await serving(t, stream(STATE, output(0, 'a')), json({ detail: 'away' }, 503), stream(STATE, output(0, 'ab'), RESULT));
  assert.deepEqual(await all(place), ['state', 'output', 'state', 'output', 'result']);
  assert.equal(new Set(asked.map(({ body }) => body.idempotency_key)).size, 1);
});

test('whose program runs waits for the restart of a server, and who never got there is told soon', async (t) => {
  const away = (times) => Array(times).fill(json({ detail: 'away' }, 503));
  const { place, asked } = await serving(t, ...away(5), stream(STATE), ...away(9), stream(STATE, RESULT));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = setInterval(() => t.mock.timers.tick(4000), 20);
  t.after(() => clearInterval(clock));
  await assert.rejects(all(place), { message: 'away', status: 503 });
  assert.equal(asked.length, 5);
  assert.deepEqual(await all(place), ['state', 'state', 'result']);
});

test('a place that ends each answer at once is left in the end', async (t) => {
  const { place, asked } = await serving(t, ...Array(60).fill(stream(STATE)));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = setInterval(() => t.mock.timers.tick(4000), 5);
  t.after(() => clearInterval(clock));
  await assert.rejects(all(place), { message: 'The connection was lost.' });
  assert.equal(asked.length, 11);
});

test('a refusal is told in the words of the gateway, and not asked for again', async (t) => {
  const { place, asked } = await serving(t, json({ detail: 'wrong', violations: [{ field: 'language', description: 'is not served' }] }, 400), json({ detail: 'no' }, 401));
  await assert.rejects(all(place), (error) => error instanceof RunError && error.status === 400 && error.message === 'language: is not served');
  await assert.rejects(all(place), { message: 'no', status: 401 });
  assert.equal(asked.length, 2);
});

test('what is no stream of events is an error with words', async (t) => {
  const html = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>x');
  const broken = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('event: state\ndata: {no\n\n');
  const { place } = await serving(t, html, broken, stream(['error', { detail: 'it broke', status: 500 }]));
  await assert.rejects(all(place), { status: 500 });
  await assert.rejects(all(place), { status: 500, message: 'The server sent something else than events.' });
  await assert.rejects(all(place), { status: 500, message: 'it broke' });
});

test('who leaves is told so at once, also where nobody answers', async (t) => {
  const { place } = await serving(t, () => {});
  const leaving = new AbortController();
  const asking = all(place, leaving.signal);
  setTimeout(() => leaving.abort(), 50);
  await assert.rejects(asking, { name: 'AbortError' });
  await assert.rejects(all(place, leaving.signal), { name: 'AbortError' });
});

test('Stop ends the task, also where it is pressed before its id is known', async (t) => {
  for (const isEarly of [true, false]) {
    let begin;
    const begun = new Promise((resolve) => { begin = resolve; });
    const { place, asked } = await serving(t, async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': \n\n');
      if (isEarly) await begun;
      response.write(text(STATE));
      if (!isEarly) await begun;
      while (!asked.some(({ method }) => method === 'DELETE')) await new Promise((resolve) => setTimeout(resolve, 5));
      response.end(text(['result', { id: 'task-1', status: 'CANCELLED' }]));
    });
    const states = [];
    const running = new Running(place, { onState: (status) => { states.push(status); if (!isEarly) { running.stop(); begin(); } }, onOutput: () => {} }, events);
    const result = running.result(TASK);
    if (isEarly) { running.stop(); begin(); }
    assert.equal((await result).status, 'CANCELLED');
    const stopped = asked.filter(({ method }) => method === 'DELETE');
    assert.deepEqual(stopped.map(({ url, headers }) => [url, headers.authorization]), [['/v1/executions/task-1', 'Bearer k-1']]);
  }
});

test('events are read however they are cut', () => {
  const whole = `: beat\n\nretry: 5\r\n\r\nevent: a\r\nid: 1\ndata: {"x":\ndata:  1}\n\n${text(RESULT)}event: b\ndata: cut`;
  for (let at = 0; at <= whole.length; at++) {
    const parser = new EventParser();
    const found = [...parser.push(whole.slice(0, at)), ...parser.push(whole.slice(at))];
    assert.deepEqual(found.map(({ name }) => name), ['a', 'result']);
    assert.equal(found[0].data, '{"x":\n 1}');
  }
});

test('an event that does not end is an end', () => {
  const parser = new EventParser();
  assert.throws(() => { for (let i = 0; i < 100; i++) parser.push('x'.repeat(1024 * 1024)); }, RangeError);
});

test('keys are UUIDs of version 7', () => {
  assert.match(freshKey(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(freshKey(), freshKey());
});
