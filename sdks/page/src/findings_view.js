// Errors on lines, in words that lead there.

import { make } from './dom.js';
import { said } from './words.js';

/** A list of the findings that have a line, or nothing. `goTo(line, column)` leads there. */
export function findingsView(findings, goTo) {
  const rows = findings.filter(({ line }) => line > 0).map(({ line, column, message }) => {
    const go = make('button', { type: 'button', textContent: said('line', { line }) });
    go.addEventListener('click', () => goTo(line, column));
    return make('li', {}, go, ' ', make('bdi', { textContent: message }));
  });
  return rows.length > 0 ? [make('ul', { className: 'findings', part: 'findings' }, ...rows)] : [];
}
