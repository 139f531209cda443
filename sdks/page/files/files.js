// Files that a program left: pictures, tables, pages and texts are shown, and all can be saved. All of this is fetched
// where a program of the page has left some.
//
// Name and content are the program's. A picture is an `<img>`, in which no script runs; a page is in a frame without any
// right. Addresses are `data:`, never `blob:`: whoever opens one of these alone is not on the blog's own origin.

import { make } from '../src/dom.js';
import { tableOf } from './table.js';

const MOST_IN_FILE = 20_000;
const STYLES = `
.file { margin: 0; padding: 0.9em 1em; border-top: 1px solid var(--line); font-size: 0.9em; }
.file figcaption { margin-bottom: 0.6em; color: var(--quiet); font-size: 0.92em; overflow-wrap: anywhere; }
.file a { color: var(--accent); }
.file img { display: block; max-width: 100%; height: auto; max-height: 40em; }
.file iframe { width: 100%; height: 22em; border: 1px solid var(--line); background: #fff; }
.file pre, .table { max-height: 22em; margin: 0; overflow: auto; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.table table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
.table :is(th, td) { padding: 0.2em 0.9em 0.2em 0; border-bottom: 1px solid var(--line); text-align: start; }
`;
let sheet;
const TEXTS = /^text\/|json$/;
const TABLES = { 'text/csv': ',', 'text/tab-separated-values': '\t' };

/** The elements of an execution's files. `words`: those of the page; `root`: the tree in which they will be. */
export function filesView(files, words, root) {
  restyle(root);
  return files.map((file) => make('figure', { className: 'file', part: 'file' }, captionOf(file, words), ...viewOf(file)));
}

/** An element of an earlier version says no tree, and has these styles itself. */
function restyle(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
  }
  if (root && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}

function captionOf({ name, size, data }, { tooLarge }) {
  const amount = size < 1024 ? `${size} B` : `${(size / 1024).toFixed(1)} KiB`;
  if (data === null) return make('figcaption', {}, `${name} · ${amount} · ${tooLarge}`);
  const link = make('a', { href: dataAddress('application/octet-stream', data), download: name.split('/').pop(), textContent: name });
  return make('figcaption', {}, link, ` · ${amount}`);
}

function viewOf({ name, media_type: type, data }) {
  if (data === null) return [];
  if (type.startsWith('image/')) return [make('img', { src: dataAddress(type, data), alt: name })];
  if (type === 'text/html') return [make('iframe', { sandbox: '', src: dataAddress('text/html;charset=utf-8', data), title: name })];
  if (type in TABLES) return [make('div', { className: 'table', tabIndex: 0 }, tableOf(textIn(data), TABLES[type]))];
  if (TEXTS.test(type)) return [make('pre', { textContent: textIn(data).slice(0, MOST_IN_FILE), tabIndex: 0 })];
  return [];
}

function dataAddress(type, data) {
  return `data:${type};base64,${data}`;
}

function textIn(data) {
  return new TextDecoder().decode(Uint8Array.from(atob(data), (one) => one.charCodeAt(0)));
}
