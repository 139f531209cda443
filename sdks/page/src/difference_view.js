// What differs, where an exercise is not right.

import { make } from './dom.js';
import { WORDS } from './words.js';

/** The element that tells of a comparison. */
export function differenceView({ rows }) {
  const lines = rows.map(({ kind, text }) => {
    if (kind === 'cut') return make('li', { className: 'cut', textContent: WORDS.rest });
    return make('li', { className: kind }, make('span', { className: 'kind', textContent: WORDS[kind] }), make('code', { textContent: text }));
  });
  return make('ul', { className: 'comparison', part: 'comparison', ariaLabel: WORDS.wrong }, ...lines);
}
