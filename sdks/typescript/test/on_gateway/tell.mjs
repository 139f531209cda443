// Prints each event of a task that takes its time, as a line of JSON; who reads them may kill the gateway meanwhile.

import { CodeRunner } from '@coderunner/client';

const { CODERUNNER_URL, CODERUNNER_TOKEN } = process.env;
const client = new CodeRunner(CODERUNNER_URL, { token: CODERUNNER_TOKEN, retries: 100 });
const task = {
  language: 'python',
  files: [{ content: '(nothing runs)' }],
  stdin: '🙂 a line\n'.repeat(20),
  env: { SIMULATED_RUN_MS: '3000' },
};
for await (const event of client.runAndFollow(task)) process.stdout.write(`${JSON.stringify(event)}\n`);
