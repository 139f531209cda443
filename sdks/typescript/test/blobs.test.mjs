// Large content: what is sent, and what is made of what comes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import test from 'node:test';

import { CodeRunner, CodeRunnerError } from '../src/index.js';

const DATA = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A server that gives one answer, and notes what it was asked. */
async function answering(t, status, type, body) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    asked.push({ verb: request.method, path: request.url, type: request.headers['content-type'], body: Buffer.concat(pieces) });
    response.writeHead(status, { 'Content-Type': type });
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { client: new CodeRunner(`http://127.0.0.1:${server.address().port}`), asked };
}

test('a content is put under its digest, as it is', async (t) => {
  const held = { digest: digestOf(DATA), size: DATA.length, expires_at_ms: 1 };
  for (const content of [DATA, DATA.buffer, new Blob([DATA])]) {
    const { client, asked } = await answering(t, 201, 'application/json', JSON.stringify(held));
    assert.deepEqual(await client.putBlob(content), held);
    const [{ verb, path, type, body }] = asked;
    assert.deepEqual([verb, path, type], ['PUT', `/v1/blobs/${held.digest}`, 'application/octet-stream']);
    assert.equal(digestOf(body), held.digest);
  }
});

test('what is no content is refused before anything is sent', async (t) => {
  const { client, asked } = await answering(t, 201, 'application/json', '{}');
  await assert.rejects(client.putBlob(7), TypeError);
  assert.deepEqual(asked, []);
});

test('a blob and a file are fetched, and what is not of that digest is not handed on', async (t) => {
  const { client, asked } = await answering(t, 200, 'application/octet-stream', DATA);
  assert.deepEqual(await client.getBlob(digestOf(DATA)), DATA);
  const file = { name: 'out/a', digest: digestOf(DATA), data: null, place: 'p1' };
  assert.deepEqual(await client.file({ id: 'task-1' }, file), DATA);
  const paths = [`/v1/blobs/`, '/v1/executions/task-1/files/'].map((path) => path + encodeURIComponent(digestOf(DATA)));
  assert.deepEqual(asked.map((one) => one.path), paths);
  await assert.rejects(client.getBlob(digestOf('other')), CodeRunnerError);
});

test('a file that came with its result is not asked for', async (t) => {
  const { client, asked } = await answering(t, 500, 'text/plain', '');
  const file = { name: 'a', digest: 'sha256:', data: Buffer.from([1, 255]).toString('base64'), place: '' };
  assert.deepEqual(await client.file({ id: 'task-1' }, file), Uint8Array.of(1, 255));
  assert.deepEqual(asked, []);
});
