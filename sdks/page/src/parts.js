// What is fetched only where a block asks for it.

import { isFurther, LANGUAGES, takeIn } from './languages.js';
import { placeOf, SCRIPT } from './settings.js';
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
    const { talk } = await ownPart(block, 'code-runner-talk.js', signal);
    yield* talk({ place, task, signal, view, isTerminal, part });
  }
}

/** A module of ours: beside the script, or, where that is a bundle or came alone, from where programs run. */
export function ownPart(block, name, signal) {
  const fromPlace = () => part(`${placeOf(block).url}/page`, name, signal);
  const [folder, isOurs] = SCRIPT.split('/code-runner.js');
  return isOurs === undefined ? fromPlace() : part(folder, name, signal).catch(fromPlace);
}

/** Does it once the block's language is known: at once, or when those of the catalogue have come. It runs without as well. */
export async function withLanguage(block, act) {
  if (isFurther(block.language)) {
    await ownPart(block, 'code-runner-languages.js').then(({ further }) => takeIn(further(LANGUAGES)), () => {});
  }
  act();
}
