// The languages of the catalogue beside the usual ones: what its files say of them, and their colours. All of this is
// fetched where a page has a block of one.

import { BRACKETS } from './brackets.js';
import { CATALOGUE } from './catalogue.js';
import { CLASSICS } from './classics.js';
import { FUNCTIONAL } from './functional.js';
import { LIKE, SCRIPTS } from './scripts.js';

/** What they are made of, by name; without an entry here a language has the colours that are alike in most. */
export const COLOURED = { ...BRACKETS, ...CLASSICS, ...FUNCTIONAL, ...SCRIPTS, ...LIKE };

/** Their descriptions, as `../src/languages.js` takes them in. `usual`: those that are there, by name; some are like them. */
export function further(usual) {
  const described = Object.entries(CATALOGUE).map(([name, said]) => {
    const { like, ...own } = COLOURED[name] ?? {};
    return [name, { indent: '    ', ...usual[like], ...own, ...said }];
  });
  return Object.fromEntries(described);
}
