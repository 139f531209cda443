// A program that its reader talks to. All of this is fetched where a block of the page is `interactive` or a `terminal`.

import { CodeRunner } from '@coderunner/client';
import { InputLine } from './input_line.js';
import { Screen } from './screen.js';

/** Submits a task and talks to its program; yields its events in batches, as pages have them of programs that nobody
 * talks to. `view`: the OutputView; `part(folder, name, signal)`: fetches a module. Throws an error with its
 * `status`, or the signal's reason. */
export async function* talk({ place, task, signal, view, isTerminal, part }) {
  signal.throwIfAborted();
  const face = isTerminal ? await Screen.opened(view, place.parts, part, signal) : new InputLine(view);
  const client = new CodeRunner(new URL(place.url, location.href).href, place.key ? { token: place.key } : {});
  const { stdin, ...rest } = task;
  const program = client.interact({ ...rest, interaction: face.interaction }, { signal });
  try {
    face.begin(program);
    if (stdin) program.write(stdin);
    for await (const { type, execution, ...told } of program) {
      if (type === 'waits') face.waits();
      else if (type === 'output' && face.takes(told)) continue;
      else yield [type === 'output' ? { name: type, data: told } : { name: type, data: execution }];
      if (type !== 'waits') face.heard(type);
    }
  } catch (error) {
    if (error.status !== 0 || signal.aborted) throw error;
    throw Object.assign(new Error('The server cannot be reached.'), { status: 0 });
  } finally {
    face.end();
    program.close();
  }
}
