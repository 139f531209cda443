// CodeRunner, Apache-2.0; put together from sdks/page.
// A part of <code-runner>, fetched where a program has left files; its modules are in sdks/page/files.
function make(tag, given = {}, ...children) {
const element = document.createElement(tag);
for (const [name, value] of Object.entries(given)) {
if (name in element) element[name] = value;
else element.setAttribute(name, value);
}
element.append(...children);
return element;
}
function found(selector, within = document) {
try {
return within.querySelector(selector);
} catch {
return null;
}
}
function textOf(element) {
return trimmed((element.content ?? element).textContent);
}
function trimmed(text) {
return text.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd();
}
function bare(element) {
return element.textContent.replace(/[\s\d]/g, '');
}
const MOST_ROWS = 200;
const MOST_COLUMNS = 40;
const MOST_TABLE = 200_000;
function cellsOf(text, separator = ',') {
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
function tableOf(text, separator) {
const [head, ...rows] = cellsOf(text, separator);
const row = (cells, tag) => make('tr', {}, ...cells.map((cell) => make(tag, { textContent: cell })));
return make('table', {}, make('thead', {}, row(head, 'th')), make('tbody', {}, ...rows.map((cells) => row(cells, 'td'))));
}
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
function filesView(files, words, root) {
restyle(root);
return files.map((file) => make('figure', { className: 'file', part: 'file' }, captionOf(file, words), ...viewOf(file)));
}
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
export { filesView };
