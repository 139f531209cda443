// Tasks on a real gateway, whose node says back what a program is given to read.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import test from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { CodeRunner } from '@coderunner/client';

const { CODERUNNER_URL: url, CODERUNNER_TOKEN: token } = process.env;
const client = new CodeRunner(url, { token });
const task = (more = {}) => ({ language: 'python', files: [{ content: '(nothing runs)' }], ...more });
const lasting = (ms, more = {}) => task({ env: { SIMULATED_RUN_MS: String(ms) }, ...more });

test('a task runs and its result is returned', async () => {
  const done = await client.run(task({ stdin: 'grüße 🙂\n', labels: { page: 'a' } }));
  assert.deepEqual([done.status, done.run.stdout, done.labels], ['SUCCEEDED', 'grüße 🙂\n', { page: 'a' }]);
});

test('a task that lasts longer than the wait is waited for', async () => {
  assert.equal((await client.run(lasting(1500, { stdin: 'x' }), { waitMs: 100 })).run.stdout, 'x');
  assert.equal((await client.run(lasting(100), { waitMs: 0 })).status, 'SUCCEEDED');
});

test('a task is told from its acceptance to its end, each piece once', async () => {
  const told = [];
  const atMs = [];
  for await (const event of client.runAndFollow(lasting(500, { stdin: '🙂 line\n'.repeat(40) }))) {
    told.push(event);
    atMs.push(performance.now());
  }
  const pieces = told.filter((event) => event.type === 'output');
  const result = told.at(-1);
  assert.deepEqual([told[0].type, result.type, result.execution.status], ['state', 'result', 'SUCCEEDED']);
  assert.ok(atMs.at(-1) - atMs[told.indexOf(pieces[0])] > 200, 'it was told when all was over');
  assert.equal(pieces.map((piece) => piece.text).join(''), result.execution.run.stdout);
  assert.deepEqual(pieces.map(({ offset }) => offset).sort((a, b) => a - b), pieces.map(({ offset }) => offset));
});

test('who comes when all is over is told everything', async () => {
  const id = (await client.run(task({ stdin: 'said' }))).id;
  const told = [];
  for await (const event of client.follow(id)) told.push(event);
  assert.deepEqual(told.map((event) => event.text ?? event.execution.status), ['said', 'SUCCEEDED']);
});

test('who submits a task again follows the same one, while it runs and when it has ended', async () => {
  const again = lasting(1000, { stdin: 'once', idempotency_key: randomUUID() });
  const id = await client.submit(again);
  for (const _time of ['while it runs', 'when it has ended']) {
    const told = [];
    for await (const event of client.runAndFollow(again)) told.push(event);
    assert.equal(told.at(-1).execution.id, id);
    const pieces = told.filter((event) => event.type === 'output');
    assert.equal(pieces.map((event) => event.text).join(''), 'once');
  }
});

test('a task is submitted, seen and cancelled', async () => {
  const id = await client.submit(lasting(60_000));
  assert.ok(['QUEUED', 'RUNNING'].includes((await client.get(id)).status));
  assert.equal((await client.cancel(id)).cancelled, true);
  for await (const event of client.follow(id)) {
    if (event.type === 'result') assert.equal(event.execution.status, 'CANCELLED');
  }
  assert.equal((await client.cancel(id)).cancelled, false);
});

test('a key stands for one task', async () => {
  const once = task({ idempotency_key: randomUUID() });
  assert.equal(await client.submit(once), await client.submit(once));
  assert.notEqual(await client.submit(task()), await client.submit(task()));
});

test('each task of a batch is accepted or refused on its own', async () => {
  const [good, bad] = await client.submitBatch([task(), task({ files: [] })]);
  assert.ok(good.id);
  assert.deepEqual([bad.id, bad.error.code], [undefined, 'INVALID_ARGUMENT']);
  assert.match(bad.error.violations[0].field, /^tasks\[1\]\.files/);
});

test('tasks are listed over pages, newest first', async () => {
  const run = randomUUID();
  const ids = [];
  for (let i = 0; i < 3; i++) ids.unshift((await client.run(task({ labels: { run } }))).id);
  let listed = [];
  for (let tries = 0; tries < 250 && listed.length < ids.length; tries++) { // a list follows some milliseconds behind
    if (tries) await setTimeout(20);
    listed = [];
    for await (const one of client.list({ label: `run:${run}`, status: ['SUCCEEDED'], page_size: 2 })) listed.push(one.id);
  }
  assert.deepEqual(listed, ids);
});

test('languages and nodes are told', async () => {
  assert.deepEqual((await client.languages()).map((one) => one.name), ['python']);
  const [node] = await client.nodes();
  assert.ok('python' in node.languages);
});

test('what is wrong with a task is told by field', async () => {
  await assert.rejects(client.run(task({ files: [], priority: 'SOON' })), (error) => {
    assert.deepEqual([error.name, error.status, error.code], ['CodeRunnerError', 400, 'INVALID_ARGUMENT']);
    assert.deepEqual(error.violations.map((one) => one.field).sort(), ['files', 'priority']);
    return true;
  });
  await assert.rejects(client.run(task({ langauge_version: '3' })), { status: 400, message: /langauge_version/ });
  await assert.rejects(client.run(task({ language: 'cobol' })), { code: 'FAILED_PRECONDITION' });
});

test('a wrong token and none are refused, and a task of nobody is not there', async () => {
  for (const wrong of ['wrong', undefined]) {
    const stranger = new CodeRunner(url, { token: wrong });
    await assert.rejects(stranger.submit(task()), { status: 401, code: 'UNAUTHENTICATED' });
    await assert.rejects(stranger.runAndFollow(task()).next(), { status: 401 });
  }
  await assert.rejects(client.get(randomUUID()), { status: 404, code: 'NOT_FOUND' });
  await assert.rejects(client.follow(randomUUID()).next(), { status: 404 });
});

test('an abort ends the call alone, or the task as well', async () => {
  for (const cancelOnAbort of [false, true]) {
    const controller = new AbortController();
    const ids = [];
    const following = async () => {
      const options = { signal: controller.signal, cancelOnAbort };
      for await (const event of client.runAndFollow(lasting(60_000), options)) {
        ids.push(event.execution.id);
        if (event.execution.status === 'RUNNING') controller.abort();
      }
    };
    await assert.rejects(following(), { name: 'AbortError' });
    if (!cancelOnAbort) {
      assert.equal((await client.get(ids[0])).status, 'RUNNING');
      await client.cancel(ids[0]);
    }
    for await (const event of client.follow(ids[0])) {
      if (event.type === 'result') assert.equal(event.execution.status, 'CANCELLED');
    }
  }
});

test('it works where it is required', async () => {
  const required = createRequire(import.meta.url)('@coderunner/client');
  assert.equal((await new required.CodeRunner(url, { token }).run(task({ stdin: 'cjs' }))).run.stdout, 'cjs');
});

test('a blob is put, named by a task and read again', async () => {
  const content = new TextEncoder().encode('🙂 large\n'.repeat(50_000));
  const blob = await client.putBlob(content);
  assert.deepEqual(await client.putBlob(content), blob);
  assert.equal((await client.run(task({ stdin_digest: blob.digest }))).status, 'SUCCEEDED');
  assert.deepEqual(await client.getBlob(blob.digest), content);
  const nobodys = `sha256:${'0'.repeat(64)}`;
  await assert.rejects(client.submit(task({ stdin_digest: nobodys })), { code: 'INVALID_ARGUMENT' });
});
