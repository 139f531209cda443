// The field for what the program reads.

import { found, make, textOf } from './dom.js';
import { WORDS } from './words.js';

/** `{element, input}` with what is given in it (`#id`: that element's text); undefined where nothing is. */
export function inputField(given, onRun) {
  if (given === null) return undefined;
  const text = given.startsWith('#') && found(given) ? textOf(found(given)) : given;
  const input = make('textarea', {
    value: text, rows: Math.min(6, text.split('\n').length), spellcheck: false, autocapitalize: 'off', autocomplete: 'off',
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    onRun();
  });
  const element = make('label', { className: 'stdin', part: 'stdin' }, make('span', { textContent: WORDS.input }), input);
  return { element, input };
}
