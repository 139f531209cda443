// What is fetched only where a block asks for it, from where its programs run.

import { events, RunError } from './transport.js';

/** A module that is served beside this script. Throws RunError. */
export async function part(place, name) {
  try {
    return await import(new URL(`${place.url}/page/${name}`, location.href));
  } catch {
    throw new RunError('A part of this page cannot be fetched.');
  }
}

/** How the events of a block's program are heard: one that its reader talks to (`interactive`, `terminal`) is talked to. */
export function eventsOf(block, view) {
  const isTerminal = block.hasAttribute('terminal');
  if (!isTerminal && !block.hasAttribute('interactive')) return events;
  return async function* talking(place, task, signal) {
    const { talk } = await part(place, 'code-runner-talk.js');
    yield* talk({ place, task, signal, view, isTerminal, part });
  };
}
