// Tells a program line after line and prints its result; who reads it may kill the gateway meanwhile.

import { setTimeout } from 'node:timers/promises';

import { CodeRunner } from '@coderunner/client';

const LINES = 30;
const client = new CodeRunner(process.env.CODERUNNER_URL, { retries: 100 });
const content = `for _ in range(${LINES}):\n    print(input(), flush=True)\n`;
const program = client.interact({ language: 'python', files: [{ content }] });
const result = program.result();
for (let line = 0; line < LINES; line++) {
  program.write(`line ${line}\n`);
  process.stdout.write('.\n');
  await setTimeout(100);
}
process.stdout.write(`${JSON.stringify((await result).run.stdout)}\n`);
