// CodeMirror in the place of the plain editor, where a block asks for it (`../parts/codemirror.js`).

import { part } from './parts.js';
import { placeOf } from './settings.js';
import { said, WORDS } from './words.js';

/** The editor that stands there from now on: the plain one where CodeMirror cannot be fetched. `about`: what the plain one
 * was made of. */
export async function enriched(block, plain, about) {
  const { RichEditor } = await part(placeOf(block).parts, 'codemirror.mjs').catch(() => ({}));
  if (!RichEditor) return plain;
  const { element, indent, value: source } = plain;
  const label = said('code', { language: about.title });
  const rich = new RichEditor({ ...about, source, root: block.shadowRoot, label, keys: WORDS.keys, indent });
  element.replaceWith(rich.element);
  return rich;
}
