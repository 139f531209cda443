// The package as its users find it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';

import * as modules from '@coderunner/client';
import { cut, events, execution, json, output, serving, TASK } from './scripted_server.mjs';

const required = createRequire(import.meta.url)('@coderunner/client');

test('require gives what import does', () => {
  assert.deepEqual(Object.keys(required).sort(), Object.keys(modules).sort());
  assert.deepEqual(Object.keys(modules).sort(), ['CodeRunner', 'CodeRunnerError', 'Program', 'isFinal']);
  const methods = (kind) => Object.getOwnPropertyNames(kind.prototype).sort();
  assert.deepEqual(methods(required.CodeRunner), methods(modules.CodeRunner));
});

test('what was required works', async (t) => {
  const { url } = await serving(t, json({ id: 'task-1' }, 201), json({ id: '' }, 201));
  const client = new required.CodeRunner(url);
  assert.equal(await client.submit(TASK), 'task-1');
  await assert.rejects(client.submit(TASK), required.CodeRunnerError);
});

test('keys are made where there is no global crypto, as in Node.js 18', () => {
  const program = `
    Object.defineProperty(globalThis, 'crypto', { value: undefined });
    const { freshKey } = await import(${JSON.stringify(new URL('../src/keys.js', import.meta.url).href)});
    process.stdout.write(await freshKey());`;
  const key = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a browser is asked as it wants to be: its fetch has nothing before it', async () => {
  const original = globalThis.fetch;
  globalThis.fetch = async function () {
    assert.ok(this === undefined || this === globalThis, 'Illegal invocation');
    return Response.json({ languages: [] });
  };
  try {
    assert.deepEqual(await new modules.CodeRunner('http://gateway').languages(), []);
  } finally {
    globalThis.fetch = original;
  }
});

test('a fetch of one\'s own is asked instead', async () => {
  const asked = [];
  const fetch = async (address, init) => {
    asked.push([String(address), init.method]);
    return Response.json({ nodes: [] });
  };
  await new modules.CodeRunner('https://gateway', { fetch }).nodes();
  assert.deepEqual(asked, [['https://gateway/v1/nodes', 'GET']]);
  assert.equal(modules.isFinal('RUNNING'), false);
  assert.equal(modules.isFinal('TIME_LIMIT'), true);
});

test('it sends no header that the gateway lets no page of another origin send', async (t) => {
  const sent = new Set();
  const fetch = (address, init) => {
    Object.keys(init.headers).forEach((name) => sent.add(name.toLowerCase()));
    return globalThis.fetch(address, init);
  };
  const piece = ['output', output(0, 'x'), '1.1/run/1/0'];
  const { url } = await serving(t, events([piece], cut), events([['result', execution('SUCCEEDED')]]));
  for await (const one of new modules.CodeRunner(url, { fetch, token: 'k' }).runAndFollow(TASK)) assert.ok(one);
  assert.deepEqual([...sent].sort(), ['accept', 'authorization', 'content-type', 'last-event-id']);
});
