// What is fetched only where a block asks for it.

import { events, RunError } from './transport.js';

/** A module of its own: ours from where programs run, other people's from where the page says. Throws RunError, or the
 * signal's reason. */
export async function part(folder, name, signal) {
  const left = new Promise((_, reject) => signal?.addEventListener('abort', reject));
  try {
    return await Promise.race([import(new URL(`${folder}/${name}`, location.href)), left]);
  } catch {
    signal?.throwIfAborted();
    throw new RunError('The server cannot be reached.');
  }
}

/** How the events of a block's program are heard: one that its reader talks to (`interactive`, `terminal`) is talked to. */
export function eventsOf(block, view) {
  const isTerminal = block.hasAttribute('terminal');
  return isTerminal || block.hasAttribute('interactive') ? talking : events;

  async function* talking(place, task, signal) {
    const { talk } = await part(`${place.url}/page`, 'code-runner-talk.js', signal);
    yield* talk({ place, task, signal, view, isTerminal, part });
  }
}
