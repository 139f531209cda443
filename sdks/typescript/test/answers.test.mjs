// What becomes of answers: of the gateway's, and of those that no gateway gives.

import assert from 'node:assert/strict';
import test from 'node:test';

import { CodeRunner, CodeRunnerError } from '../src/index.js';
import { all, cut, events, execution, hold, json, problem, serving, TASK, text } from './scripted_server.mjs';

const DONE = execution('SUCCEEDED', { run: { stdout: '42\n' } });
const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const refused = async (promise) => {
  const error = await promise.then(() => assert.fail('it was served'), (thrown) => thrown);
  assert.ok(error instanceof CodeRunnerError, String(error));
  return error;
};

test('a task is submitted with its token, a key and the time to wait', async (t) => {
  const { url, asked } = await serving(t, json(DONE, 201));
  const task = { ...TASK };
  assert.deepEqual(await new CodeRunner(`${url}/`, { token: 's3cret' }).run(task, { waitMs: 1500 }), DONE);
  const [{ verb, path, headers, body }] = asked;
  assert.deepEqual([verb, path, headers.authorization], ['POST', '/v1/executions?wait=1.500', 'Bearer s3cret']);
  assert.match(body.idempotency_key, UUID_7);
  assert.deepEqual(task, TASK, 'the task of the caller was changed');
});

test('an address below a path is kept, and a token may come from a function', async (t) => {
  const { url, asked } = await serving(t, json({ languages: [] }), json({ nodes: [{ id: 'n' }] }));
  const client = new CodeRunner(`${url}/runner/`, { token: async () => 'fresh' });
  assert.deepEqual([await client.languages(), await client.nodes()], [[], [{ id: 'n' }]]);
  assert.deepEqual(asked.map((one) => one.path), ['/runner/v1/languages', '/runner/v1/nodes']);
  assert.equal(asked[0].headers.authorization, 'Bearer fresh');
});

test('a task that has not ended within the wait is followed until it has', async (t) => {
  const following = events([['state', execution('RUNNING')], ['result', DONE, 'end']]);
  const { url, asked } = await serving(t, json(execution('RUNNING'), 202), following);
  assert.deepEqual(await new CodeRunner(url).run(TASK), DONE);
  assert.equal(asked[1].path, '/v1/executions/task-1/events');
});

test('who does not wait follows at once', async (t) => {
  const { url } = await serving(t, json({ id: 'task-1' }, 201), events([['result', DONE, 'end']]));
  assert.deepEqual(await new CodeRunner(url).run(TASK, { waitMs: 0 }), DONE);
});

test('a refusal has its status, code and violations, and is not asked again', async (t) => {
  const violations = [{ field: 'files', description: 'must not be empty' }];
  const { url, asked } = await serving(t, problem(400, 'INVALID_ARGUMENT', { violations: [...violations, 7] }));
  const error = await refused(new CodeRunner(url).submit({ language: 'python', files: [] }));
  assert.deepEqual([error.status, error.code, error.message], [400, 'INVALID_ARGUMENT', 'said with 400']);
  assert.deepEqual([error.violations, error.retryAfterMs, asked.length], [violations, undefined, 1]);
});

test('a task is submitted again with the same key, and not before the gateway said', async (t) => {
  const busy = problem(429, 'RESOURCE_EXHAUSTED', { retry_after_ms: 1000 });
  const { url, asked } = await serving(t, busy, (_request, response) => cut(response), json({ id: 'task-1' }, 201));
  const begun = performance.now();
  assert.equal(await new CodeRunner(url).submit(TASK), 'task-1');
  assert.ok(performance.now() - begun >= 1090, 'it did not wait');
  assert.equal(new Set(asked.map((one) => one.body.idempotency_key)).size, 1);
});

test('a key of the caller is his task\'s', async (t) => {
  const { url, asked } = await serving(t, problem(503, 'UNAVAILABLE'), json({ id: 'task-1' }, 201));
  await new CodeRunner(url).submit({ ...TASK, idempotency_key: 'mine' });
  assert.deepEqual(asked.map((one) => one.body.idempotency_key), ['mine', 'mine']);
});

test('a proxy that says when to come again is heeded, by seconds and by date', async (t) => {
  const busy = (value) => (_request, response) => response.writeHead(503, { 'Retry-After': value }).end();
  const { url } = await serving(t, busy('2'), busy(new Date(Date.now() + 90_000).toUTCString()));
  const client = new CodeRunner(url, { retries: 0 });
  assert.equal((await refused(client.get('task-1'))).retryAfterMs, 2000);
  const error = await refused(client.get('task-1'));
  assert.ok(error.retryAfterMs > 80_000 && error.retryAfterMs <= 90_000, String(error.retryAfterMs));
});

test('who is told to come again much later is told so at once', async (t) => {
  const { url, asked } = await serving(t, problem(429, 'RESOURCE_EXHAUSTED', { retry_after_ms: 3_600_000 }));
  const error = await refused(new CodeRunner(url).submit(TASK));
  assert.deepEqual([error.status, error.retryAfterMs, asked.length], [429, 3_600_000, 1]);
});

test('it is asked as often as the retries say, and no more', async (t) => {
  const { url, asked } = await serving(t, ...Array(5).fill(problem(503, 'UNAVAILABLE')));
  assert.equal((await refused(new CodeRunner(url, { retries: 2 }).get('task-1'))).code, 'UNAVAILABLE');
  assert.equal(asked.length, 3);
});

test('the page of a proxy is an error with its status, and a gateway that comes back is found', async (t) => {
  const page = text('<html><h1>502 Bad Gateway</h1></html>', 502);
  const { url } = await serving(t, page, page, json(execution('QUEUED')));
  assert.equal((await refused(new CodeRunner(url, { retries: 0 }).get('task-1'))).status, 502);
  assert.equal((await new CodeRunner(url).get('task-1')).status, 'QUEUED');
});

const STRANGE = {
  'a page in place of JSON': text('<html>Welcome</html>'),
  'JSON that is none': text('{"id": "task-1"', 200, 'application/json'),
  'an answer that names no task': json({ status: 'SUCCEEDED' }),
  'an id that leads elsewhere': json({ id: '../../admin' }, 201),
  'a list': json([]),
  null: json(null),
  'a redirect': (_request, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
};
for (const [name, answer] of Object.entries(STRANGE)) {
  test(`what no gateway says is an error that is not asked again: ${name}`, async (t) => {
    const { url, asked } = await serving(t, answer);
    const error = await refused(new CodeRunner(url, { token: 's3cret' }).run(TASK));
    assert.deepEqual([error.code, asked.length], ['UNKNOWN', 1]);
    assert.match(error.message, /not an answer of a CodeRunner gateway/);
  });
}

test('a refusal without end is read in part', async (t) => {
  let sent = 0;
  const flood = (_request, response) => {
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    const more = () => {
      sent += 65_536;
      if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
    };
    more();
  };
  const { url } = await serving(t, flood);
  assert.equal((await refused(new CodeRunner(url, { timeoutMs: 5000 }).get('task-1'))).code, 'NOT_FOUND');
  assert.ok(sent < 512 * 65_536, `${sent} bytes`);
});

test('an answer that breaks off is asked for again', async (t) => {
  const half = (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
    response.write('{"id":', () => cut(response));
  };
  const { url } = await serving(t, half, json(execution('RUNNING')));
  assert.equal((await new CodeRunner(url).get('task-1')).status, 'RUNNING');
});

test('a gateway that says nothing has so much time, and no more', async (t) => {
  const { url } = await serving(t, hold, hold);
  const error = await refused(new CodeRunner(url, { timeoutMs: 50, retries: 1 }).get('task-1'));
  assert.deepEqual([error.status, error.code], [0, 'DEADLINE_EXCEEDED']);
});

test('a gateway that waits for a task has the time to', async (t) => {
  const late = (request, response) => setTimeout(() => json(DONE, 201)(request, response), 400);
  const { url, asked } = await serving(t, late);
  assert.deepEqual(await new CodeRunner(url, { timeoutMs: 200 }).run(TASK, { waitMs: 5000 }), DONE);
  assert.equal(asked.length, 1);
});

test('where nobody listens there is no answer', async (t) => {
  const { url, close } = await serving(t);
  close();
  const error = await refused(new CodeRunner(url, { retries: 0 }).languages());
  assert.deepEqual([error.status, error.code], [0, 'UNAVAILABLE']);
  assert.ok(error.cause);
});

test('a signal ends a request, a pause between two, and what has not begun', async (t) => {
  const controllers = [new AbortController(), new AbortController()];
  const reason = new Error('gone');
  const busy = problem(503, 'UNAVAILABLE', { retry_after_ms: 50_000 });
  const { url, asked } = await serving(
    t,
    () => controllers[0].abort(reason),
    (request, response) => {
      busy(request, response);
      setTimeout(() => controllers[1].abort(reason), 50);
    },
  );
  const client = new CodeRunner(url);
  for (const { signal } of controllers) await assert.rejects(client.run(TASK, { signal }), (error) => error === reason);
  await assert.rejects(client.submit(TASK, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.equal(asked.length, 2);
});

test('an abort cancels the task where that is asked for, though its id had not come', async (t) => {
  const controller = new AbortController();
  const cancelled = json({ execution: execution('CANCELLED'), cancelled: true });
  const { url, asked } = await serving(t, () => controller.abort(), json({ id: 'task-1' }, 201), cancelled);
  const running = new CodeRunner(url).run(TASK, { signal: controller.signal, cancelOnAbort: true });
  await assert.rejects(running, { name: 'AbortError' });
  assert.equal(asked[1].body.idempotency_key, asked[0].body.idempotency_key);
  assert.deepEqual([asked[2].verb, asked[2].path], ['DELETE', '/v1/executions/task-1']);
});

test('a list goes from page to page, and a server that gives the same page for ever ends it', async (t) => {
  const first = json({ executions: [{ id: 'a' }, { id: 'b' }], next_page_token: 'p2' });
  const pages = [first, json({ executions: [{ id: 'c' }] })];
  const { url, asked } = await serving(t, ...pages, ...Array(2).fill(json({ executions: [], next_page_token: 'same' })));
  const client = new CodeRunner(url);
  const filter = { status: ['FAILED', 'SUCCEEDED'], label: 'a:b', page_size: 2, language: undefined };
  assert.deepEqual((await all(client.list(filter))).map((one) => one.id), ['a', 'b', 'c']);
  const query = '/v1/executions?status=FAILED&status=SUCCEEDED&label=a%3Ab&page_size=2';
  assert.deepEqual(asked.map((one) => one.path), [query, `${query}&page_token=p2`]);
  assert.deepEqual(await all(client.list()), []);
});

test('a batch has a key for each of its tasks', async (t) => {
  const results = [{ id: 'task-1' }, { error: { code: 'INVALID_ARGUMENT', message: 'no' } }];
  const { url, asked } = await serving(t, problem(503, 'UNAVAILABLE'), json({ results }));
  assert.deepEqual(await new CodeRunner(url).submitBatch([TASK, TASK]), results);
  const keys = asked.flatMap((one) => one.body.tasks.map((task) => task.idempotency_key));
  assert.deepEqual([keys.length, new Set(keys).size], [4, 2]);
});

test('what cannot be an id, an address, a task or a token is refused before anything is sent', async (t) => {
  const { url, asked } = await serving(t);
  const client = new CodeRunner(url);
  for (const id of ['..', '', 'a/b', 'a?b', undefined, 'x'.repeat(129)]) await assert.rejects(client.get(id), TypeError);
  await assert.rejects(client.submit(undefined), TypeError);
  for (const wrong of ['ftp://x', 'http://user:secret@x', 'nowhere', `${url}?a=b`]) {
    assert.throws(() => new CodeRunner(wrong), TypeError);
  }
  const leaky = new CodeRunner(url, { token: 's3cret\n' });
  await assert.rejects(leaky.languages(), (error) => error instanceof TypeError && !error.message.includes('s3cret'));
  assert.equal(asked.length, 0);
});
