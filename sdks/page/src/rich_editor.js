// CodeMirror in the place of the plain editor, where a block asks for it (`../parts/codemirror.js`).

import { LANGUAGES } from './languages.js';
import { part } from './parts.js';
import { placeOf } from './settings.js';

/** The editor that stands there from now on: the plain one where CodeMirror cannot be fetched. `about`: what the plain one
 * was made of. */
export async function enriched(block, plain, about) {
  const { enrich } = await part(placeOf(block).parts, 'codemirror.mjs').catch(() => ({}));
  const mode = LANGUAGES[about.language]?.mode ?? about.language;
  return enrich ? enrich(plain, { ...about, mode }, block.shadowRoot) : plain;
}
