// A blog on Express, whose readers' programs run on a gateway.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';

import express from 'express';

import { CodeRunner } from '@coderunner/client';
import { codeRunner } from '@coderunner/client/express';

const { CODERUNNER_URL, CODERUNNER_TOKEN: token, CALLBACK_SECRET } = process.env;
const PATIENCE = { timeout: 60_000 };
const PROGRAM = { language: 'python', files: [{ content: '(it says back what it reads)' }], stdin: 'said back 🙂\n' };

async function blogging(t, before = [], callbacks = undefined) {
  const app = express();
  for (const one of before) app.use(one);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const told = callbacks && { url: `http://127.0.0.1:${server.address().port}/code/callbacks`, secrets: CALLBACK_SECRET, ...callbacks };
  const options = { secret: `${token} of the blog`, languages: ['python'], callbacks: told };
  app.use('/code', codeRunner(new CodeRunner(CODERUNNER_URL, { token }), options));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/code/v1/executions`;
}

const submitted = (url, body, more = {}) => fetch(url, {
  method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' }, ...more,
});
const told = (text) => Array.from(text.matchAll(/^event: (\w+)\n(?:id: (\S+)\n)?data: (.*)$/gm), ([, name, id, data]) => ({ name, id, data: JSON.parse(data) }));

for (const [name, before] of [['nothing', []], ['express.json', [express.json()]]]) {
  test(`a reader's program is run and told of, with ${name} before it`, PATIENCE, async (t) => {
    const url = await blogging(t, before);
    const all = told(await (await submitted(url, PROGRAM)).text());
    assert.ok(['state', 'output'].includes(all[0].name)); // a task that has ended before anybody looked has no other state
    assert.deepEqual([all.at(-1).name, all.at(-1).data.status], ['result', 'SUCCEEDED']);
    assert.equal(all.filter(({ name }) => name === 'output').map(({ data }) => data.text).join(''), PROGRAM.stdin);
    const again = told(await (await fetch(`${url}/${all[0].data.id}/events`)).text());
    assert.equal(again.at(-1).data.run.stdout, PROGRAM.stdin);
    assert.equal((await fetch(`${url}/${all[0].data.id.split('.')[0]}/events`)).status, 404);
  });
}

test('a result comes by callback as well, signed by the gateway', PATIENCE, async (t) => {
  let brought;
  const called = new Promise((resolve) => { brought = resolve; });
  const results = { put: (id, text) => brought({ id, execution: JSON.parse(text) }), of: () => called.then(({ execution }) => JSON.stringify(execution)) };
  const url = await blogging(t, [], { results });
  const all = told(await (await submitted(url, PROGRAM)).text());
  assert.deepEqual([all.at(-1).name, all.at(-1).data.status], ['result', 'SUCCEEDED']);
  const { id, execution } = await called;
  assert.deepEqual([id, execution.status, execution.run.stdout], [all[0].data.id.split('.')[0], 'SUCCEEDED', PROGRAM.stdin]);
  const forged = await fetch(url.replace('/v1/executions', '/callbacks'), { method: 'POST', body: JSON.stringify(execution) });
  assert.equal(forged.status, 401);
});

test('what is refused before it is a task is refused in Express, too', PATIENCE, async (t) => {
  const url = await blogging(t);
  assert.equal((await submitted(url, { ...PROGRAM, language: 'cobol' })).status, 400);
  assert.equal((await submitted(url, { ...PROGRAM, stdin: 'x'.repeat(300_000) })).status, 413);
  assert.equal((await fetch(`${url}/x`, { method: 'DELETE' })).status, 404);
  assert.equal((await fetch(url)).status, 404);
});
