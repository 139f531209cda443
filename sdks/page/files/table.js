// Comma-separated values (RFC 4180) as a table.

import { make } from '../src/dom.js';

const MOST_ROWS = 200;
const MOST_COLUMNS = 40;
const MOST_TABLE = 200_000;

/** The cells of the first rows; a quoted one may hold the separator, line feeds, and quotes twice. */
export function cellsOf(text, separator = ',') {
  const rows = [[]];
  const cell = new RegExp(`("(?:[^"]|"")*"?|[^${separator}\\r\\n]*)(${separator}|\\r?\\n|\\r|$)`, 'y');
  const source = text.slice(0, MOST_TABLE).trimEnd();
  for (let found = cell.exec(source); found && rows.length <= MOST_ROWS; found = cell.exec(source)) {
    const [, value, end] = found;
    const row = rows[rows.length - 1];
    if (row.length < MOST_COLUMNS) row.push(value.startsWith('"') ? value.replace(/^"|"$/g, '').replaceAll('""', '"') : value);
    if (end === '') break;
    if (end !== separator) rows.push([]);
  }
  return rows.slice(0, MOST_ROWS);
}

/** A table whose first row is its head. */
export function tableOf(text, separator) {
  const [head, ...rows] = cellsOf(text, separator);
  const row = (cells, tag) => make('tr', {}, ...cells.map((cell) => make(tag, { textContent: cell })));
  return make('table', {}, make('thead', {}, row(head, 'th')), make('tbody', {}, ...rows.map((cells) => row(cells, 'td'))));
}
