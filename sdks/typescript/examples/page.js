// A page that asks the gateway itself. What it shows is everybody's: a publishable key, which is for pages of this one's
// origin (`coderunner keys create --publishable --origin ...`) and holds each of its readers to a rate.

import { CodeRunner } from '@coderunner/client';

/** Makes the button run the program, and shows what it prints while it does. */
export function enliven(page, client) {
  const [code, stdin, output, status] = ['code', 'stdin', 'output', 'status'].map((id) => page.getElementById(id));
  let running = new AbortController();

  async function run() {
    running.abort(); // the task before, where there is one
    running = new AbortController();
    const { signal } = running;
    output.textContent = '';
    const task = { language: 'python', files: [{ content: code.value }], stdin: stdin.value };
    try {
      for await (const event of client.runAndFollow(task, { signal, cancelOnAbort: true })) {
        if (event.type === 'output') {
          output.textContent += event.text;
          continue;
        }
        const { execution } = event;
        status.textContent = execution.status;
        if (event.type === 'result') output.textContent = textOf(execution);
      }
    } catch (error) {
      status.textContent = signal.aborted ? 'stopped' : error.message;
    }
  }

  page.getElementById('run').addEventListener('click', run);
  page.getElementById('stop').addEventListener('click', () => running.abort());
}

function textOf({ compile, run, error }) {
  return [compile?.stderr, run?.stdout, run?.stderr, error].filter(Boolean).join('\n');
}

if (globalThis.document) {
  const { gateway, key } = document.body.dataset;
  enliven(document, new CodeRunner(gateway, { token: key }));
}
