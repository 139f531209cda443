// Talking to programs on a real gateway, whose node says back at once what a program is told.

import assert from 'node:assert/strict';
import test from 'node:test';

import { CodeRunner } from '@coderunner/client';

const { CODERUNNER_URL: url, CODERUNNER_TOKEN: token } = process.env;
const client = new CodeRunner(url, { token });
const lasting = (ms) => ({ language: 'python', files: [{ content: 'x' }], env: { SIMULATED_RUN_MS: String(ms) } });

async function heard(program, text) {
  for await (const event of program) {
    if (event.type === 'output' && event.text.includes(text)) return;
    assert.notEqual(event.type, 'result', 'it ended before');
  }
}

test('what is said is heard, and the program ends', async () => {
  const program = client.interact(lasting(2000));
  program.write('grüße 🙂\n');
  await heard(program, 'grüße 🙂\n');
  program.write(new TextEncoder().encode('bytes\n'));
  await heard(program, 'bytes\n');
  program.closeInput();
  assert.equal((await program.result()).status, 'SUCCEEDED');
});

test('one goes on talking to a program that another one began', async () => {
  const first = client.interact(lasting(3000));
  first.write('one\n');
  await heard(first, 'one\n');
  first.close();
  const second = client.talkTo(first.id);
  second.write('one\n'); // the node has number 1 already
  second.write('two\n');
  await heard(second, 'two\n');
  assert.equal((await second.result()).status, 'SUCCEEDED');
});

test('what is refused says why', async () => {
  const stranger = new CodeRunner(url, { token: 'wrong' });
  await assert.rejects(stranger.interact(lasting(0)).result(), { status: 401, code: 'UNAUTHENTICATED' });
  await assert.rejects(client.interact({ ...lasting(0), language: 'cobol' }).result(), /cobol/);
  await assert.rejects(client.talkTo('no-such-task').result(), { status: 404 });
});
