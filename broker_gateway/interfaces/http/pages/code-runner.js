// CodeRunner, Apache-2.0; put together from sdks/page.
(() => {
'use strict';
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
const FURTHER = new Set('ada gnat assembly nasm asm awk gawk bc brainfuck bf clojure clj cobol cob gnucobol common-lisp lisp sbcl cl cpp-batteries cpp-libraries crystal cr csharp cs c# mono d gdc dlang duckdb elixir exs erlang erl forth pforth 4th fortran gfortran f90 f95 gnuplot go-batteries graphviz dot groovy haskell hs ghc java-batteries java-libraries javascript-batteries jq julia jl kotlin kt lua lua5 lua54 nim ocaml ml octave matlab pascal fpc freepascal perl pl perl5 php php8 postgresql postgres psql prolog swipl swi-prolog pypy pypy3 python-science science scipy r rscript racket rkt ruby rb rust rs rustc scala scala2 scheme guile scm sqlite sqlite3 sql tcl tclsh typescript ts webassembly wat wasm zig'.split(' '));
const C_COMMENT = '\\/\\/.*|\\/\\*[^]*?(?:\\*\\/|$)';
const HASH_COMMENT = '#.*';
const QUOTED = '"(?:[^"\\\\\\n]|\\\\.)*"?';
const QUOTED_ONCE = "'(?:[^'\\\\\\n]|\\\\.)*'?";
const BACKQUOTED = '`(?:[^`\\\\]|\\\\[^]?)*(?:`|$)';
const BLOCK_QUOTED = '"""(?:[^\\\\]|\\\\[^]?)*?(?:"""|$)';
const words = (text) => new Set(text.split(/\s+/));
const LANGUAGES = {
python: {
title: 'Python', aliases: ['py', 'python3'], file: 'main.py', indent: '    ',
comment: HASH_COMMENT,
string: `[rbfuRBFU]{0,2}(?:${BLOCK_QUOTED}|'''(?:[^\\\\]|\\\\[^]?)*?(?:'''|$)|${QUOTED}|${QUOTED_ONCE})`,
keywords: words('and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield'),
literals: words('None True False self cls'),
print: (text) => `print(${JSON.stringify(text)}, flush=True)`,
},
javascript: {
title: 'JavaScript', aliases: ['js', 'node', 'nodejs', 'mjs'], file: 'main.js', indent: '  ',
comment: C_COMMENT, string: `${BACKQUOTED}|${QUOTED}|${QUOTED_ONCE}`,
keywords: words('async await break case catch class const continue debugger default delete do else export extends finally for from function get if import in instanceof let new of return set static super switch throw try typeof var void while with yield'),
literals: words('null true false undefined this NaN Infinity'),
print: (text) => `console.log(${JSON.stringify(text)});`,
},
java: {
title: 'Java', aliases: ['jdk'], file: 'Main.java', indent: '    ',
comment: C_COMMENT, string: `${BLOCK_QUOTED}|${QUOTED}|${QUOTED_ONCE}`, special: '@\\w+',
keywords: words('abstract assert break case catch class continue default do else enum extends final finally for if implements import instanceof interface native new package permits private protected public record return sealed static strictfp super switch synchronized throw throws transient try var volatile while yield'),
types: words('boolean byte char double float int long short void'),
literals: words('null true false this'),
},
cpp: {
title: 'C++', aliases: ['c++', 'cxx', 'g++', 'cc'], file: 'main.cpp', indent: '    ',
comment: C_COMMENT, string: `(?:u8|[uUL])?(?:R"\\((?:[^)]|\\)(?!"))*(?:\\)"|$)|${QUOTED}|(?<!\\d)${QUOTED_ONCE})`,
special: '(?<![^\\n])[ \\t]*#[ \\t]*\\w+(?:[ \\t]*<[^>\\n]*>)?',
keywords: words('alignas alignof asm break case catch class co_await co_return co_yield concept const consteval constexpr constinit const_cast continue decltype default delete do dynamic_cast else enum explicit export extern final for friend goto if inline mutable namespace new noexcept operator override private protected public register reinterpret_cast requires return sizeof static static_assert static_cast struct switch template thread_local throw try typedef typeid typename union using virtual volatile while'),
types: words('auto bool char char8_t char16_t char32_t double float int long short signed unsigned void wchar_t size_t'),
literals: words('nullptr true false this'),
},
go: {
title: 'Go', aliases: ['golang'], file: 'main.go', indent: '\t',
comment: C_COMMENT, string: `\`[^\`]*(?:\`|$)|${QUOTED}|${QUOTED_ONCE}`,
keywords: words('break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var'),
types: words('any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr'),
literals: words('nil true false iota'),
},
bash: {
title: 'Bash', aliases: ['sh', 'shell', 'zsh'], file: 'main.sh', indent: '  ',
comment: '(?<![\\w$&{"\'#])#.*', string: `\\$?"(?:[^"\\\\]|\\\\[^]?)*(?:"|$)|\\$?'[^']*(?:'|$)`,
special: '\\$(?:\\w+|\\{[^}\\n]*\\}?|[@*#?$!-])',
keywords: words('case do done elif else esac fi for function if in select then time until while break continue return exit local export readonly declare'),
types: words('cat cd cut echo eval exec find grep head printf read sed set shift sort source tail test tr trap uniq unset wc awk'),
literals: words('true false'),
print: (text) => `echo ${JSON.stringify(text)}`,
},
};
const ANY = { comment: '(?<![^\\n])[ \\t]*(?:[#;%]|\\/\\/|--).*', string: QUOTED, keywords: words('') };
const BY_NAME = new Map();
function takeIn(languages) {
for (const [name, one] of Object.entries(languages)) {
LANGUAGES[name] = one;
for (const called of [name, ...one.aliases]) BY_NAME.set(called, name);
}
}
takeIn({ ...LANGUAGES, c: { ...LANGUAGES.cpp, title: 'C', aliases: [], file: 'main.c' } });
function languageNamed(name) {
return BY_NAME.get(name.toLowerCase()) ?? name.toLowerCase();
}
function isFurther(name) {
return !BY_NAME.has(name) && FURTHER.has(name);
}
function isKnown(name) {
return BY_NAME.has(name.toLowerCase()) || FURTHER.has(name.toLowerCase());
}
function titleOf(name) {
return LANGUAGES[name]?.title ?? name;
}
const NAMED = /(?:^|\s)(?:(?:language|lang|highlight-source|highlight)-|brush:\s*)([\w+#.-]+)/;
const NUMBERS = '.lineno, .linenos, .ln, .line-number, .lnt, .gutter, [data-line-number]:empty, button';
function codeFor(element, selector) {
const own = element.querySelector(':scope > pre, :scope > :not(pre, output, [slot]) pre');
if (own && !selector) return own.querySelector('code') ?? own;
const before = element.previousElementSibling ?? element.parentElement?.previousElementSibling;
if (!selector) return before ? within(before) : null;
if (!selector.startsWith('@prev')) return found(selector);
return before ? found(selector.slice(5).trim() || 'code', before) : null;
}
function within(box) {
const all = ['pre code', 'code', 'pre'].flatMap((one) => [...box.querySelectorAll(one)]);
return all.find((one) => bare(one)) ?? (box.matches('pre, code') ? box : null);
}
function recordedFor(element, named) {
const inside = element.querySelector('output');
const next = element.nextElementSibling ?? element.parentElement?.nextElementSibling ?? undefined;
if (!named) return inside ?? (named === '' ? next : undefined);
if (!named.startsWith('@next')) return found(named) ?? undefined;
return named.length > 5 && next ? found(named.slice(5).trim(), next) ?? undefined : next;
}
function sourceOf(code) {
const copy = code.cloneNode(true);
for (const one of copy.querySelectorAll(NUMBERS)) one.remove();
for (const one of copy.querySelectorAll('br')) one.replaceWith('\n');
return trimmed(copy.textContent.replace(/\r\n?/g, '\n').replace(/\u00a0/g, ' '));
}
function languageOf(code) {
for (let one = code, steps = 0; one && steps < 5; one = one.parentElement, steps++) {
const name = one.dataset.lang ?? one.dataset.language ?? NAMED.exec(one.className)?.[1];
if (name && (isKnown(name) || steps < 2)) return languageNamed(name);
}
return '';
}
function boxOf(code, element) {
let box = code.closest('pre') ?? code;
for (let next = box.parentElement; next && next !== document.body && !next.contains(element); next = next.parentElement) {
if (bare(next) !== bare(code)) break;
box = next;
}
return box;
}
const WORDS = {
run: 'Run', stop: 'Stop', reset: 'Reset', share: 'Copy link', shared: 'Link copied', shareFailed: 'The link is in the address bar', shareTooLong: 'Too long for a link', linked: 'Changed by the link',
example: '{language} example', code: '{language} code', input: 'Input', output: 'Output',
keys: 'Control+Enter runs it. Tab indents once you have typed; Escape, then Tab leaves.',
running: 'Running', waiting: 'Waiting for a free machine', stopping: 'Stopping', again: 'The machine was lost; running again',
SUCCEEDED: 'Done', FAILED: 'Failed', COMPILE_ERROR: 'Does not compile', TIME_LIMIT: 'Out of time',
MEMORY_LIMIT: 'Out of memory', OUTPUT_LIMIT: 'Too much output', CANCELLED: 'Stopped',
EXPIRED: 'No machine was free in time', REJECTED: 'Refused', INTERNAL_ERROR: 'Something broke on the server',
exit: 'Exit code {code}', signal: 'Ended by signal {signal}',
nothing: 'It printed nothing.', cut: 'output cut', kept: 'kept result', line: 'Line {line}',
right: 'Right', wrong: 'Not yet right', missing: 'expected', extra: 'printed', same: 'both', rest: '…',
recorded: 'Recorded output', away: 'The server is away; this was recorded earlier',
tooLarge: 'too large', typed: 'What the program reads', endOfInput: 'End of input (Ctrl+D)',
notFound: 'There is no code here to run.', noSetUp: '{what} is not there.',
};
function learn(words) {
for (const name of Object.keys(WORDS)) if (typeof words?.[name] === 'string') WORDS[name] = words[name];
}
function said(name, about = {}) {
return WORDS[name].replace(/\{(\w+)\}/g, (_, part) => about[part] ?? '');
}
class Bar {
#status = make('span', { className: 'status', part: 'status', role: 'status' });
#run = make('button', { className: 'run', part: 'run', type: 'button' });
#edited = make('span', { className: 'edited' });
constructor({ title, onRun, actions, others }) {
const [go, halt] = [make('span', { textContent: WORDS.run }), make('span', { textContent: WORDS.stop })];
this.#run.append(make('i', { ariaHidden: 'true' }), make('span', { className: 'labels' }, go, halt));
go.className = 'go';
halt.className = 'halt';
this.#run.addEventListener('click', onRun);
this.#edited.append(...actions.map(button));
const name = make('span', { className: 'language', part: 'language', textContent: title });
this.element = make('div', { className: 'bar', part: 'bar' }, this.#run, ...others.map(button), this.#status, this.#edited, name);
this.isEdited = false;
}
set isEdited(isEdited) {
this.#edited.classList.toggle('off', !isEdited);
}
focusRun() {
this.#run.focus();
}
say(words, { kind = '', facts = [] } = {}) {
const all = [words, ...facts].join(', ');
if (this.#status.title === all && kind === 'busy') return;
this.#status.className = `status ${kind}`;
this.#status.replaceChildren(make('b', { textContent: words }), ...facts.map((fact) => make('span', { textContent: fact })));
this.#status.title = all;
}
}
function button([words, act]) {
const element = make('button', { className: 'quiet', part: 'action', type: 'button', textContent: words });
element.addEventListener('click', act);
return element;
}
function differenceView({ rows }) {
const lines = rows.map(({ kind, text }) => {
if (kind === 'cut') return make('li', { className: 'cut', textContent: WORDS.rest });
return make('li', { className: kind }, make('span', { className: 'kind', textContent: WORDS[kind] }), make('code', { textContent: text }));
});
return make('ul', { className: 'comparison', part: 'comparison', ariaLabel: WORDS.wrong }, ...lines);
}
const MOST_COLOURED = 50_000;
const NUMBER = '\\b0[xXbBoO][\\da-fA-F_\']+\\w*|\\b\\d[\\d_\']*(?:\\.\\d[\\d_]*)?(?:[eE][+-]?\\d+)?\\w*';
const WORD = '[\\p{L}_$][\\p{L}\\p{N}_$]*';
const TOKENS = new Map();
function pieces(source, language) {
const known = LANGUAGES[language] ?? ANY;
if (source.length > MOST_COLOURED) return [['', source]];
const found = [];
let at = 0;
for (const match of source.matchAll(tokens(language, known))) {
const kind = kindOf(match, known, source);
if (!kind) continue;
if (match.index > at) found.push(['', source.slice(at, match.index)]);
found.push([kind, match[0]]);
at = match.index + match[0].length;
}
if (at < source.length) found.push(['', source.slice(at)]);
return found;
}
function tokens(language, { comment, string, special, word = WORD }) {
if (!TOKENS.has(language)) {
const parts = [`(?<comment>${comment})`, `(?<string>${string})`, special ? `(?<special>${special})` : ''];
const all = [...parts.filter(Boolean), `(?<number>${NUMBER})`, `(?<word>${word})`].join('|');
TOKENS.set(language, new RegExp(all, 'gu'));
}
return TOKENS.get(language);
}
function kindOf(match, { keywords, types, literals, isCaseless }, source) {
const { word, ...others } = match.groups;
if (word === undefined) return Object.keys(others).find((one) => others[one] !== undefined);
const name = isCaseless ? word.toLowerCase() : word;
if (keywords.has(name)) return 'keyword';
if (types?.has(name)) return 'type';
if (literals?.has(name)) return 'literal';
return source[match.index + word.length] === '(' ? 'call' : '';
}
class Editor {
#language;
#colours = make('pre', { className: 'colours', ariaHidden: 'true' });
#marks = make('div', { className: 'marks', ariaHidden: 'true' });
#area;
#hasTyped = false;
constructor({ language, title, source, isReadOnly, onEdit, onRun }) {
this.#language = language;
this.onEdit = onEdit;
this.onRun = onRun;
this.#area = make('textarea', {
value: source, readOnly: isReadOnly, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', wrap: 'off', part: 'code',
dir: 'ltr', ariaLabel: said('code', { language: title }), ...(isReadOnly ? {} : { 'aria-description': WORDS.keys }),
});
this.#area.setAttribute('autocorrect', 'off');
this.#area.addEventListener('input', () => this.#edited());
this.#area.addEventListener('keydown', (event) => this.#key(event));
this.element = make('div', { className: 'editor', dir: 'ltr' }, this.#marks, this.#colours, this.#area);
this.#paint();
}
get value() {
return this.#area.value;
}
set value(source) {
this.#area.value = source;
this.#edited();
}
focus() {
this.#area.focus();
}
mark(findings) {
const lines = this.value.split('\n');
const seen = new Set();
const marked = findings.filter(({ line }) => line > 0 && !seen.has(line) && seen.add(line));
this.#marks.replaceChildren(...marked.map(({ line, message, severity }) => {
const words = make('span', { textContent: message.split('\n')[0] });
const mark = make('div', { className: `mark ${severity === 'WARNING' ? 'warning' : ''}` }, words);
mark.style.setProperty('--row', line - 1);
mark.style.setProperty('--length', lines[line - 1].replace(/\t/g, '    ').length);
return mark;
}));
const isWrong = marked.some(({ severity }) => severity !== 'WARNING');
this.#area.toggleAttribute('aria-invalid', isWrong);
if (isWrong) this.#area.setAttribute('aria-invalid', 'true');
}
goTo(line, column = 1) {
const lines = this.value.split('\n');
const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
const at = start + Math.min(Math.max(column - 1, 0), lines[line - 1]?.length ?? 0);
this.#area.focus();
this.#area.setSelectionRange(at, at);
}
#edited() {
this.#paint();
this.mark([]);
this.onEdit();
}
#paint() {
this.#colours.replaceChildren(...pieces(this.value, this.#language).map(([kind, text]) => (
kind ? make('span', { className: kind, textContent: text }) : text
)), '\n');
}
#key(event) {
const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing } = event;
if (isComposing) return;
if (key === 'Enter' && (ctrlKey || metaKey)) {
event.preventDefault();
this.onRun();
} else if (key === 'Tab' && !ctrlKey && !metaKey && !altKey && this.#hasTyped && !this.#area.readOnly) {
event.preventDefault();
if (shiftKey) this.#outdent();
else this.#write(this.indent);
} else if (key === 'Enter' && !altKey && !shiftKey && !this.#area.readOnly) {
const white = /^[ \t]*/.exec(this.#lineBefore())[0];
const deeper = /[:{([]\s*$/.test(this.#lineBefore()) ? this.indent : '';
if (white || deeper) {
event.preventDefault();
this.#write(`\n${white}${deeper}`);
}
}
if (key === 'Escape') this.#hasTyped = false;
else if (key.length === 1 && !ctrlKey && !metaKey) this.#hasTyped = true;
}
get indent() {
return LANGUAGES[this.#language]?.indent ?? '    ';
}
#lineBefore() {
return this.value.slice(this.value.lastIndexOf('\n', this.#area.selectionStart - 1) + 1, this.#area.selectionStart);
}
#outdent() {
const { selectionStart: at } = this.#area;
const start = at - this.#lineBefore().length;
const white = new RegExp(`^(?:\t| {1,${this.indent.length}})`).exec(this.value.slice(start))?.[0].length ?? 0;
if (!white) return;
this.#area.setSelectionRange(start, start + white);
this.#write('');
this.#area.setSelectionRange(Math.max(start, at - white), Math.max(start, at - white));
}
#write(text) {
const has = text ? document.execCommand('insertText', false, text) : document.execCommand('delete');
if (has) return;
this.#area.setRangeText(text, this.#area.selectionStart, this.#area.selectionEnd, 'end');
this.#edited();
}
}
const MOST_FINDINGS = 5;
function findings(execution, { before = 0, lines, files = [] }) {
const told = Array.isArray(execution.diagnostics) ? execution.diagnostics : [];
const found = told.filter(({ severity, message }) => severity !== 'NOTE' && message).map((one) => {
const line = one.line - before;
const isReaders = one.line > 0 && !files.includes(one.file) && line >= 1 && line <= lines;
return { line: isReaders ? line : 0, column: one.column, severity: one.severity, message: worded(one) };
});
return found.slice(0, MOST_FINDINGS);
}
function worded({ code, message }) {
const isName = /^[A-Z][\w.]*$/.test(code);
return isName && !message.startsWith(code) ? `${code}: ${message}` : message;
}
const MOST_LINES = 400;
const MOST_SHOWN = 40;
function compared(printed, expected) {
const [got, wanted] = [linesOf(printed), linesOf(expected)];
if (got.length === wanted.length && got.every((line, at) => line === wanted[at])) return { isRight: true, rows: [] };
const isMuch = Math.max(got.length, wanted.length) > MOST_LINES;
const shown = isMuch ? firstDifference(got, wanted) : around(difference(got, wanted));
const cut = shown.length > MOST_SHOWN ? [{ kind: 'cut', text: '' }] : [];
return { isRight: false, rows: [...shown.slice(0, MOST_SHOWN), ...cut] };
}
function linesOf(text) {
return text.split('\n').map((line) => line.trimEnd()).join('\n').trimEnd().replace(/^\n+/, '').split('\n');
}
function firstDifference(got, wanted) {
let at = 0;
while (got[at] === wanted[at]) at++;
const rows = [];
if (at < wanted.length) rows.push({ kind: 'missing', text: wanted[at] });
if (at < got.length) rows.push({ kind: 'extra', text: got[at] });
return [...rows, { kind: 'cut', text: '' }];
}
function difference(got, wanted) {
const [width, height] = [got.length + 1, wanted.length + 1];
const longest = new Uint16Array(width * height);
for (let w = wanted.length - 1; w >= 0; w--) {
for (let g = got.length - 1; g >= 0; g--) {
longest[w * width + g] = wanted[w] === got[g]
? longest[(w + 1) * width + g + 1] + 1
: Math.max(longest[(w + 1) * width + g], longest[w * width + g + 1]);
}
}
const rows = [];
for (let w = 0, g = 0; w < wanted.length || g < got.length;) {
if (w < wanted.length && g < got.length && wanted[w] === got[g]) {
rows.push({ kind: 'same', text: wanted[w] });
w++;
g++;
} else if (g === got.length || (w < wanted.length && longest[(w + 1) * width + g] >= longest[w * width + g + 1])) {
rows.push({ kind: 'missing', text: wanted[w++] });
} else rows.push({ kind: 'extra', text: got[g++] });
}
return rows;
}
function around(rows) {
const isNear = (at) => [at - 1, at, at + 1].some((near) => rows[near] && rows[near].kind !== 'same');
const shown = [];
rows.forEach((row, at) => {
if (isNear(at)) shown.push(row);
else if (shown.length > 0 && shown[shown.length - 1].kind !== 'cut') shown.push({ kind: 'cut', text: '' });
});
if (shown[shown.length - 1]?.kind === 'cut') shown.pop();
return shown;
}
function findingsView(findings, goTo) {
const rows = findings.filter(({ line }) => line > 0).map(({ line, column, message }) => {
const go = make('button', { type: 'button', textContent: said('line', { line }) });
go.addEventListener('click', () => goTo(line, column));
return make('li', {}, go, ' ', make('bdi', { textContent: message }));
});
return rows.length > 0 ? [make('ul', { className: 'findings', part: 'findings' }, ...rows)] : [];
}
function inputField(given, onRun) {
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
const SCRIPT = document.currentScript?.src || '';
function placeOf(element) {
const said = (name) => element.getAttribute(name) ?? document.querySelector('code-runner-settings')?.getAttribute(name);
const url = (said('url') ?? originOf(SCRIPT)).replace(/\/+$/, '').replace(/\/v1$/, '');
return { url, key: said('key') ?? '', parts: said('parts') ?? `${url}/page` };
}
function comeNear(element) {
const { origin } = new URL(placeOf(element).url, location.href);
if (origin === location.origin || document.querySelector(`link[rel="preconnect"][href="${origin}"]`)) return;
document.head.append(make('link', { rel: 'preconnect', href: origin, crossOrigin: 'anonymous' }));
}
function originOf(script) {
return /^https?:/.test(script) ? new URL(script).origin : location.origin;
}
class CodeRunnerSettings extends HTMLElement {
connectedCallback() {
this.#learn();
if (!this.hasAttribute('attach')) return;
const attach = () => attachAll(this.getAttribute('attach') || undefined);
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', attach, { once: true });
else attach();
}
#learn() {
const words = this.getAttribute('words');
const element = words && found(words);
if (!element) return;
try {
learn(JSON.parse(textOf(element)));
} catch {
console.warn(`code-runner: ${words} is no JSON`);
}
}
}
function settle() {
const given = new URLSearchParams(SCRIPT.split('#')[1]);
if (given.has('attach')) document.head.append(make('code-runner-settings', Object.fromEntries(given)));
}
function attachAll(selector) {
for (const one of document.querySelectorAll(selector ?? 'pre')) {
const code = one.querySelector('code') ?? one;
const table = one.closest('table');
const box = table && bare(table) === bare(code) ? table : one.closest('pre') ?? one;
const isOurs = selector ?? (isKnown(languageOf(code)) && bare(code));
if (!isOurs || box.closest('code-runner') || box.nextElementSibling?.matches('code-runner, codapi-snippet')) continue;
box.after(make('code-runner'));
}
}
const MOST_EVENT_CHARS = 64 * 1024 * 1024;
class EventParser {
#line = [];
#data = [];
#size = 0;
#name = '';
push(text) {
const events = [];
let start = 0;
for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
this.#line.push(text.slice(start, end));
this.#take(this.#line.join('').replace(/\r$/, ''), events);
this.#line = [];
start = end + 1;
}
if (start < text.length) this.#line.push(text.slice(start));
this.#size += text.length;
if (this.#size > MOST_EVENT_CHARS) throw new RangeError('an event that does not end');
return events;
}
#take(line, events) {
if (line === '') {
if (this.#data.length > 0) events.push({ name: this.#name, data: this.#data.join('\n') });
this.#data = [];
this.#size = 0;
this.#name = '';
return;
}
const colon = line.indexOf(':');
const field = colon < 0 ? line : line.slice(0, colon);
const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
if (field === 'data') this.#data.push(value);
else if (field === 'event') this.#name = value;
}
}
const EXECUTIONS = '/v1/executions';
const SILENCE_MS = 45_000;
const PAUSES_MS = [250, 1000, 2000, 4000];
const MOST_TRIES_BACK = 10;
const FOLLOWED_MS = 5000;
const PASSING = new Set([0, 408, 429, 502, 503, 504]);
class RunError extends Error {
constructor(message, { status = 0, retryAfterMs } = {}) {
super(message);
Object.assign(this, { name: 'RunError', status, retryAfterMs });
}
}
async function* events(place, task, signal) {
signal.throwIfAborted();
const body = JSON.stringify({ ...task, idempotency_key: freshKey() });
let most = PAUSES_MS.length;
for (let tries = 0; ; tries++) {
let since;
try {
for await (const batch of connection(place, body, signal)) {
since ??= Date.now();
most = MOST_TRIES_BACK;
yield batch;
if (batch.some(({ name }) => name === 'result')) return;
}
throw new RunError('The connection was lost.');
} catch (error) {
signal.throwIfAborted();
if (Date.now() - since > FOLLOWED_MS) tries = 0;
if (!(error instanceof RunError) || !PASSING.has(error.status) || tries >= most) throw error;
await pause(Math.max(PAUSES_MS[Math.min(tries, 3)], error.retryAfterMs ?? 0), signal);
}
}
}
async function cancel(place, id) {
const address = `${place.url}${EXECUTIONS}/${encodeURIComponent(id)}`;
await fetch(address, { method: 'DELETE', headers: authorization(place), keepalive: true }).catch(() => {});
}
async function* connection(place, body, signal) {
const silence = new AbortController();
let timer;
const alive = () => {
clearTimeout(timer);
timer = setTimeout(() => silence.abort(), SILENCE_MS);
};
const leave = () => silence.abort();
signal.addEventListener('abort', leave);
alive();
try {
const reader = (await opened(place, body, silence.signal)).getReader();
const decoder = new TextDecoder();
const parser = new EventParser();
for (;;) {
const { done, value } = await reader.read();
if (done) return;
alive();
const batch = parser.push(decoder.decode(value, { stream: true })).map(understood);
if (batch.length > 0) yield batch;
}
} catch (error) {
throw error instanceof RunError ? error : new RunError('The server cannot be reached.');
} finally {
clearTimeout(timer);
signal.removeEventListener('abort', leave);
silence.abort();
}
}
async function opened(place, body, signal) {
const headers = { Accept: 'text/event-stream', 'Content-Type': 'application/json', ...authorization(place) };
const response = await fetch(place.url + EXECUTIONS, { method: 'POST', headers, body, signal, cache: 'no-store' });
if (response.ok && response.body && response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
return response.body;
}
const problem = await response.json().catch(() => ({}));
const violation = problem?.violations?.[0];
const words = violation ? `${violation.field}: ${violation.description}` : problem?.detail || problem?.title;
const status = response.ok ? 500 : response.status;
const known = typeof words === 'string' ? words : `The server answered ${response.status}.`;
throw new RunError(known.slice(0, 500), { status, retryAfterMs: shortOf(problem?.retry_after_ms) });
}
function shortOf(ms) {
return Number.isFinite(ms) && ms >= 0 && ms <= 10_000 ? ms : undefined;
}
function understood({ name, data }) {
let told;
try {
told = JSON.parse(data);
} catch {
throw new RunError('The server sent something else than events.', { status: 500 });
}
if (name === 'error') throw new RunError(String(told?.detail ?? 'The server failed.'), { status: told?.status ?? 500 });
return { name, data: told };
}
function authorization({ key }) {
return key ? { Authorization: `Bearer ${key}` } : {};
}
function freshKey() {
const bytes = crypto.getRandomValues(new Uint8Array(16));
const time = Date.now();
for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256;
bytes[6] = 0x70 | (bytes[6] & 0x0f);
bytes[8] = 0x80 | (bytes[8] & 0x3f);
const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
function pause(ms, signal) {
return new Promise((resolve, reject) => {
const timer = setTimeout(resolve, ms);
signal.addEventListener('abort', () => {
clearTimeout(timer);
reject(signal.reason);
}, { once: true });
});
}
async function part(folder, name, signal) {
const left = new Promise((_, reject) => signal?.addEventListener('abort', reject));
try {
return await Promise.race([import(new URL(`${folder}/${name}`, location.href)), left]);
} catch {
signal?.throwIfAborted();
throw new RunError('The server cannot be reached.');
}
}
function eventsOf(block, view) {
const isTerminal = block.hasAttribute('terminal');
return isTerminal || block.hasAttribute('interactive') ? talking : events;
async function* talking(place, task, signal) {
const { talk } = await ownPart(block, 'code-runner-talk.js', signal);
yield* talk({ place, task, signal, view, isTerminal, part });
}
}
function ownPart(block, name, signal) {
const fromPlace = () => part(`${placeOf(block).url}/page`, name, signal);
const [folder, isOurs] = SCRIPT.split('/code-runner.js');
return isOurs === undefined ? fromPlace() : part(folder, name, signal).catch(fromPlace);
}
async function withLanguage(block, act) {
if (isFurther(block.language)) {
await ownPart(block, 'code-runner-languages.js').then(({ further }) => takeIn(further(LANGUAGES)), () => {});
}
act();
}
class LeftFiles {
element = make('div', { className: 'files' });
#block;
#shown;
constructor(block) {
this.#block = block;
}
async show(files = []) {
this.#shown = files;
const views = files.length > 0 ? await this.#viewsOf(files) : [];
if (this.#shown === files) this.element.replaceChildren(...views);
}
#viewsOf(files) {
const viewed = ({ filesView }) => filesView(files, WORDS, this.#block.shadowRoot);
return ownPart(this.#block, 'code-runner-files.js').then(viewed, ({ message }) => [message]);
}
}
const MOST_KEPT = 100_001;
class AfterMark {
#line;
#before = '';
#end = '';
constructor(mark) {
this.#line = mark && `${mark}\n`;
}
push(text) {
if (!this.#line) return text;
const all = this.#end + text;
const at = all.indexOf(this.#line);
if (at < 0) {
this.#before += text.slice(0, MOST_KEPT - this.#before.length);
this.#end = all.slice(1 - this.#line.length);
return '';
}
const own = all.slice(at + this.#line.length);
this.#line = this.#before = '';
return own;
}
rest() {
const rest = this.#before;
this.#before = '';
return rest;
}
}
const SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,200}\x1b?|[ -/]*)?$|\r+$/;
const OTHERS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;
class Plain {
#rest = '';
push(text) {
const all = this.#rest + text;
const unfinished = UNFINISHED.exec(all.slice(-256))?.[0] ?? '';
this.#rest = unfinished;
const whole = unfinished ? all.slice(0, -unfinished.length) : all;
return whole.replace(SEQUENCE, '').replace(OTHERS, '').replace(/\x1b/g, '').replace(/\r+\n?/g, '\n');
}
}
class ToldOutput {
isGappy = false;
#attempt = 0;
#next = new Map();
begins({ attempt }) {
const isAnother = this.#attempt > 0 && attempt > this.#attempt;
if (isAnother) {
this.#next.clear();
this.isGappy = false;
}
this.#attempt = Math.max(this.#attempt, attempt);
return isAnother;
}
news({ stage, stream, offset, text, attempt }) {
if (attempt < this.#attempt) return '';
const name = `${stage}/${stream}`;
const next = this.#next.get(name) ?? 0;
const points = Array.from(text);
if (offset > next) this.isGappy = true;
if (offset + points.length <= next) return '';
this.#next.set(name, offset + points.length);
return offset < next ? points.slice(next - offset).join('') : text;
}
}
const MOST_CHARS = 100_000;
const MOST_PIECES = 2000;
class OutputView {
#text = make('span');
element = make('pre', { className: 'output', part: 'output', role: 'log', tabIndex: 0, ariaLabel: WORDS.output }, this.#text);
words = WORDS;
isCut = false;
printed = '';
#told = new ToldOutput();
#plain = new Map();
#shown = 0;
#isStale = false;
#mark = '';
#own = new AfterMark('');
#frame = 0;
begin(mark = '') {
this.element.style.minHeight = `${this.element.offsetHeight}px`;
this.element.classList.remove('recorded');
this.#isStale = !this.isEmpty;
this.#told = new ToldOutput();
this.#mark = mark;
this.#restart();
}
add(pieces) {
let isAgain = false;
for (const piece of pieces) {
if (this.#told.begins(piece)) {
isAgain = true;
this.clear();
this.#restart();
}
this.#take(piece, this.#told.news(piece));
}
return isAgain;
}
end(texts) {
if (this.#told.isGappy) {
this.clear();
this.#restart();
for (const piece of texts) this.#take(piece, piece.text);
}
this.#show('out', this.#own.rest());
this.freshen();
this.element.style.minHeight = '';
}
get isEmpty() {
return !this.#text.hasChildNodes();
}
record(text) {
this.clear();
this.element.classList.add('recorded');
this.#text.append(text.slice(0, MOST_CHARS));
}
type(text) {
this.#show('typed', text);
}
freshen() {
if (this.#isStale) this.clear();
}
clear() {
this.#text.replaceChildren();
this.#isStale = false;
}
#restart() {
this.#plain.clear();
this.printed = '';
this.#shown = 0;
this.isCut = false;
this.#own = new AfterMark(this.#mark);
}
#take({ stage, stream }, news) {
const name = `${stage}/${stream}`;
if (!this.#plain.has(name)) this.#plain.set(name, new Plain());
let text = this.#plain.get(name).push(news);
const isReaders = stage === 'run' && stream === 'stdout';
if (isReaders) {
text = this.#own.push(text);
this.printed += text.slice(0, MOST_CHARS - this.printed.length);
}
this.#show(isReaders ? 'out' : 'err', text);
}
#show(kind, text) {
const room = MOST_CHARS - this.#shown;
if (text.length > room) this.isCut = true;
const shown = text.slice(0, room);
if (!shown) return;
this.freshen();
this.#shown += shown.length;
this.#follow();
const last = this.#text.lastChild;
if (last?.className === kind || this.#text.childNodes.length >= MOST_PIECES) last.lastChild.appendData(shown);
else this.#text.append(make('span', { className: kind, textContent: shown }));
}
#follow() {
const { element } = this;
const isAtEnd = !this.#frame && element.scrollHeight - element.scrollTop - element.clientHeight < 40;
this.#frame ||= requestAnimationFrame(() => {
this.#frame = 0;
if (isAtEnd) element.scrollTop = element.scrollHeight;
});
}
}
const HOLE = '##CODE##';
const MOST_BLOCKS = 50;
const MOST_FILE_CHARS = 1_000_000;
async function programOf(block) {
const { language, code } = block;
const { text, mark } = joined(block);
const files = await Promise.all(namesIn(block.getAttribute('files')).map(fileOf));
const template = await templateOf(block.getAttribute('template'));
const limits = namesIn(block.getAttribute('limits')).map((one) => one.split(':')).map(([name, most]) => [name, +most]);
const content = `${template.replace(HOLE, () => text)}\n`;
const above = template.slice(0, template.indexOf(HOLE)) + text.slice(0, text.length - code.length);
const main = files.length > 0 ? { name: LANGUAGES[language]?.file ?? 'main', content } : { content };
return {
task: { language, files: [main, ...files], limits: Object.fromEntries(limits) },
before: above.split('\n').length - 1,
others: files.map(({ name }) => name),
mark,
code,
};
}
function joined(block) {
const blocks = [];
collect(block, blocks, new Set());
const own = `${block.code}`;
const earlier = blocks.slice(0, -1).map((one) => one.code);
if (earlier.length === 0) return { text: own, mark: '' };
const print = LANGUAGES[block.language]?.print;
if (!print) return { text: [...earlier, own].join('\n'), mark: '' };
const mark = `-- ${crypto.getRandomValues(new Uint32Array(2)).join('')} --`;
return { text: [...earlier, print(mark), own].join('\n'), mark };
}
function collect(block, blocks, seen) {
if (seen.has(block)) return;
seen.add(block);
if (seen.size > MOST_BLOCKS) throw new Error(said('noSetUp', { what: 'depends-on' }));
for (const id of namesIn(block.getAttribute('depends-on'))) {
const other = document.getElementById(id.replace(/^#/, ''));
if (typeof other?.code !== 'string') throw new Error(said('noSetUp', { what: `#${id}` }));
collect(other, blocks, seen);
}
blocks.push(block);
}
async function templateOf(name) {
if (!name) return HOLE;
const { content } = await fileOf(name);
if (!content.includes(HOLE)) throw new Error(said('noSetUp', { what: `${HOLE} (${name})` }));
return content;
}
async function fileOf(named) {
const [, where, as] = /^(.*?)(?::([^:/]+))?$/.exec(named);
if (where.startsWith('#')) {
const element = document.getElementById(where.slice(1)) ?? found(where);
if (!element) throw new Error(said('noSetUp', { what: where }));
return { name: as ?? where.slice(1), content: typeof element.code === 'string' ? element.code : textOf(element) };
}
const address = new URL(where, document.baseURI);
const response = await fetch(address).catch(() => undefined);
const content = response?.ok ? await response.text() : undefined;
if (content === undefined || content.length > MOST_FILE_CHARS) throw new Error(said('noSetUp', { what: where }));
return { name: as ?? decodeURIComponent(address.pathname.split('/').pop()), content };
}
function namesIn(list) {
return (list ?? '').split(/\s+/).filter(Boolean);
}
async function enriched(block, plain, about) {
const { enrich } = await part(placeOf(block).parts, 'codemirror.mjs').catch(() => ({}));
const mode = LANGUAGES[about.language]?.mode ?? about.language;
return enrich ? enrich(plain, { ...about, mode }, block.shadowRoot) : plain;
}
class Running {
#place;
#told;
#events;
#leaving = new AbortController();
#id = '';
#isStopped = false;
constructor(place, told, events) {
this.#place = place;
this.#told = told;
this.#events = events;
}
async result(task) {
for await (const batch of this.#events(this.#place, task, this.#leaving.signal)) {
const pieces = batch.filter(({ name }) => name === 'output').map(({ data }) => data);
for (const { name, data } of batch) {
if (name === 'state') this.#takeState(data);
}
if (pieces.length > 0) this.#told.onOutput(pieces);
const result = batch.find(({ name }) => name === 'result');
if (result) return result.data;
}
throw new RunError('The connection was lost.');
}
stop() {
if (this.#isStopped) {
this.leave();
return;
}
this.#isStopped = true;
if (this.#id) cancel(this.#place, this.#id);
}
leave() {
if (this.#id) cancel(this.#place, this.#id);
this.#leaving.abort();
}
#takeState({ id, status }) {
const isNew = !this.#id;
this.#id = id;
if (isNew && this.#isStopped) cancel(this.#place, id);
if (!this.#isStopped) this.#told.onState(status);
}
}
const NAME = 'run';
const MOST_LINKED_CHARS = 100_000;
async function linkTo(address, which, source) {
if (source.length > MOST_LINKED_CHARS) return undefined;
const url = new URL(address);
url.hash = `${NAME}=${encodeURIComponent(which)}.${await packed(source)}`;
return url.href;
}
async function offered(link) {
if (!link) return WORDS.shareTooLong;
try {
await navigator.clipboard.writeText(link);
return WORDS.shared;
} catch {
history.replaceState(history.state, '', link);
return WORDS.shareFailed;
}
}
async function linked(address, which) {
const [, whose, data] = /^#run=(.+)\.([\w-]+)$/.exec(new URL(address).hash) ?? [];
try {
return whose && decodeURIComponent(whose) === which ? await unpacked(data) : undefined;
} catch {
return undefined;
}
}
async function packed(text) {
const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
const chars = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
return btoa(chars).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
async function unpacked(data) {
const bytes = Uint8Array.from(atob(data.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
const decoder = new TextDecoder('utf-8', { fatal: true });
let text = '';
for (;;) {
const { done, value } = await reader.read();
if (done) return text + decoder.decode();
text += decoder.decode(value, { stream: true });
if (text.length > MOST_LINKED_CHARS) {
await reader.cancel();
return undefined;
}
}
}
const COLOURS = `
paper #fcfcfb #181b1f
output-paper #f5f5f2 #121417
ink #22262b #e2e5e9
quiet #5f6670 #a0a8b3
line #e2e2dd #2d3238
accent #0b6b62 #5fd0c0
on-accent #fff #06231f
good #19692f #84d698
bad #b3261e #ff9d93
warning #7d5700 #e8c069
keyword #7a3ea8 #c9a7f5
string #1a6b3c #9bd6a6
number #9a4a00 #f0b27a
comment #6a7078 #8e97a3
name #1d5fa8 #8fbff5
`;
function colours(of) {
return COLOURS.replace(/(.+) (.+) (.+)/g, (_, name, light, dark) => `--${name}: var(--code-runner-${name}, ${of(light, dark)});`);
}
const TEXT = `
:host {
${colours((light) => light)}
display: block;
margin: var(--code-runner-margin, 1.25em 0);
color: var(--ink);
font: var(--code-runner-size, 0.9375rem)/1.6 var(--code-runner-font, ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace);
text-align: start;
container-type: inline-size;
}
@supports (color: light-dark(#000, #fff)) {
:host {${colours((light, dark) => `light-dark(${light}, ${dark})`)}}
}
:host([hidden]) { display: none; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="light"]) { color-scheme: light; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame { border: 1px solid var(--line); border-radius: var(--code-runner-radius, 0.6rem); background: var(--paper); overflow: clip; transition: border-color 0.15s; }
.frame:focus-within { border-color: color-mix(in srgb, var(--accent) 55%, var(--line)); }
.frame:has(.editor textarea:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
.editor { position: relative; overflow-x: auto; overscroll-behavior-x: contain; }
.colours, .editor textarea, .mark { margin: 0; border: 0; padding: 0.9em 1em; font: inherit; font-variant-ligatures: none; letter-spacing: 0; tab-size: 4; white-space: pre; text-align: left; }
.colours { width: 100%; min-width: max-content; min-height: calc(1lh + 1.8em); pointer-events: none; }
.editor textarea { position: absolute; inset: 0; width: 100%; height: 100%; resize: none; overflow: hidden; border-radius: 0; background: none; color: transparent; caret-color: var(--ink); outline: 0; }
::selection { background: color-mix(in srgb, var(--accent) 26%, transparent); }
.keyword, .special { color: var(--keyword); }
.string { color: var(--string); }
.number, .literal { color: var(--number); }
.comment { color: var(--comment); font-style: italic; }
.call, .type { color: var(--name); }
.marks { position: absolute; inset: 0; min-width: 100%; pointer-events: none; }
.mark { position: absolute; inset-inline: 0; top: calc(0.9em + var(--row) * 1lh); height: 1lh; padding-block: 0; padding-left: calc(1em + var(--length) * 1ch + 3ch); overflow: hidden; background: color-mix(in srgb, var(--bad) 12%, transparent); box-shadow: inset 3px 0 var(--bad); color: var(--bad); }
.mark.warning { background: color-mix(in srgb, var(--warning) 12%, transparent); box-shadow: inset 3px 0 var(--warning); color: var(--warning); }
.mark span { font-size: 0.86em; font-style: italic; }
.stdin { display: flex; gap: 0.8em; align-items: baseline; padding: 0.4em 1em; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.86em; }
.stdin textarea { flex: 1; min-width: 0; padding: 0.3em 0.5em; border: 1px solid var(--line); border-radius: 0.35em; background: var(--output-paper); color: var(--ink); font: inherit; font-size: max(1em, 0.8rem); resize: vertical; field-sizing: content; max-height: 8lh; }
.bar { display: flex; align-items: center; gap: 0.25em 0.5em; padding-block: 0.4em; padding-inline: 0.5em 1em; border-top: 1px solid var(--line); font-size: 0.86em; line-height: 1.3; }
button { border: 0; border-radius: 0.4em; background: none; color: var(--quiet); font: inherit; font-weight: 600; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
:is(button, .stdin textarea, .output):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.run { display: flex; align-items: center; gap: 0.55em; min-height: 2.5em; padding: 0 1em 0 0.85em; background: var(--accent); color: var(--on-accent); }
.run:hover { filter: brightness(1.08); }
.run:active { transform: translateY(1px); }
.run i { width: 0.62em; height: 0.72em; background: currentColor; clip-path: polygon(0 0, 100% 50%, 100% 50%, 0 100%); }
.labels { display: grid; }
.labels > * { grid-area: 1 / 1; text-align: center; }
.halt { visibility: hidden; }
.busy .go { visibility: hidden; }
.busy .halt { visibility: visible; }
.busy .run { background: var(--ink); color: var(--paper); }
.busy .run i { height: 0.62em; clip-path: none; border-radius: 0.08em; }
.quiet { min-height: 2.3em; padding: 0 0.6em; white-space: nowrap; }
.quiet:hover { color: var(--ink); background: color-mix(in srgb, var(--ink) 7%, transparent); }
.status { flex: 1; min-width: 0; display: flex; gap: 0 0.9em; align-items: baseline; padding-inline: 0.5em; color: var(--quiet); overflow: hidden; white-space: nowrap; font-variant-numeric: tabular-nums; }
.status b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.status.well b { color: var(--good); }
.status.badly { flex-wrap: wrap; white-space: normal; overflow-wrap: anywhere; }
.status.badly b { color: var(--bad); }
.status > *, .language, code { unicode-bidi: plaintext; }
.status.well b::before { content: "✓ "; }
.status.badly b::before { content: "✗ "; }
.status.busy b::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; margin-inline-end: 0.6em; border-radius: 50%; background: var(--accent); animation: pulse 1.1s ease-in-out 0.15s infinite; }
@keyframes pulse { 50% { opacity: 0.25; } }
.edited { display: flex; }
.edited.off { visibility: hidden; }
.language { color: var(--quiet); white-space: nowrap; }
.notes > * { margin: 0; padding: 0.7em 1em; border-top: 1px solid var(--line); font-size: 0.86em; }
.notes ul { list-style: none; }
.notes li { overflow-wrap: anywhere; }
.findings button { padding: 0 0.15em; color: var(--bad); text-decoration: underline; text-underline-offset: 0.2em; }
.comparison li { display: flex; gap: 1em; padding: 0 0.5em; border-radius: 0.25em; }
.comparison code { font: inherit; white-space: pre-wrap; }
.kind { flex: none; width: 5.5em; color: var(--quiet); }
.comparison .missing { background: color-mix(in srgb, var(--good) 12%, transparent); }
.comparison .extra { background: color-mix(in srgb, var(--bad) 12%, transparent); }
.comparison .same .kind { visibility: hidden; }
.outcome { border-top: 1px solid var(--line); background: var(--output-paper); }
.output { max-height: var(--code-runner-output-height, 26em); margin: 0; padding: 0.9em 1em; overflow: auto; font: inherit; font-size: 0.94em; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; unicode-bidi: plaintext; text-align: start; outline-offset: -2px !important; }
.output .err { color: var(--bad); }
.output.recorded { color: var(--quiet); }
@container (max-width: 36em) {
.bar { flex-wrap: wrap; }
.edited { flex: 1 0 60%; justify-content: end; }
.status, .language { order: 1; min-height: 1.6em; }
.status { flex-basis: calc(100% - 8em); }
.mark span { display: none; }
.run, .quiet { min-height: 2.9em; }
}
@media (max-width: 36em) and (pointer: coarse) {
.editor, .stdin textarea { font-size: 16px; }
}
@media (prefers-reduced-motion: reduce) {
* { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
.colours { visibility: hidden; }
.editor textarea { color: CanvasText; }
.run { border: 1px solid; }
}
@media print {
.bar { display: none; }
}
`;
let made;
function sheet() {
if (!made) {
made = new CSSStyleSheet();
made.replaceSync(TEXT);
}
return made;
}
function verdictOf(execution) {
const { status, run, cached_at_ms: keptMs } = execution;
const facts = [];
if (run) facts.push(duration(run.wall_ms));
if (run?.peak_memory_bytes > 0) facts.push(size(run.peak_memory_bytes));
if ([execution.compile, run].some((stage) => stage?.stdout_truncated || stage?.stderr_truncated)) facts.push(WORDS.cut);
if (keptMs) facts.push(WORDS.kept);
return { isWell: status === 'SUCCEEDED', words: sentence(execution), facts };
}
function textsOf({ compile, run, attempt }) {
const stages = [['compile', compile], ['run', run]].filter(([, stage]) => stage);
return stages.flatMap(([name, { stdout, stderr }]) => [
{ stage: name, stream: 'stdout', offset: 0, text: stdout, attempt },
{ stage: name, stream: 'stderr', offset: 0, text: stderr, attempt },
]);
}
function sentence({ status, run, error }) {
if (status === 'FAILED' && run) {
if (run.signal) return said('signal', { signal: run.signal });
if (run.exit_code) return said('exit', { code: run.exit_code });
}
const words = WORDS[status] ?? status;
return status === 'REJECTED' && error ? `${words}: ${error}` : words;
}
function duration(ms) {
if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
return `${(ms / 1000).toFixed(1)} s`;
}
function size(bytes) {
return `${(bytes / 1048576).toFixed(1)} MiB`;
}
const SOON_MS = 100;
const READ_ONLY = new Set(['off', 'none']);
class CodeRunner extends HTMLElement {
#editor;
#bar;
#output = new OutputView();
#input;
#outcome = make('div', { className: 'outcome', hidden: true });
#notes = make('div', { className: 'notes' });
#files = new LeftFiles(this);
#original = '';
#isReadOnly;
#running;
#hidden = [];
#frame;
#waiting;
#busyWords = '';
#recorded;
connectedCallback() {
addEventListener('hashchange', this.#takeLinked);
const delay = Number(this.getAttribute('init-delay')) || 0;
const begin = () => setTimeout(() => this.isConnected && !this.#editor && this.#begin(), delay);
if (this.#editor) this.#stepBack(true);
else if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
else if (delay) begin();
else this.#begin();
}
disconnectedCallback() {
removeEventListener('hashchange', this.#takeLinked);
this.#running?.leave();
this.#stepBack(false);
}
get code() {
return this.#editor?.value ?? '';
}
set code(source) {
if (this.#editor) this.#editor.value = source;
}
get language() {
const given = this.getAttribute('language') ?? this.getAttribute('sandbox')?.split(':')[0];
return languageNamed(given || this.#languageOfCode);
}
#languageOfCode = '';
async run() {
if (!this.#editor) return;
this.#running?.leave();
const running = new Running(placeOf(this), {
onState: (status) => this.#busy(status === 'QUEUED' ? WORDS.waiting : WORDS.running),
onOutput: (pieces) => this.#print(pieces),
}, eventsOf(this, this.#output));
this.#running = running;
this.#state('running');
try {
const program = await programOf(this);
if (this.#running !== running) return;
if (this.#input) program.task.stdin = `${this.#input.value}\n`;
const result = running.result(program.task);
this.#begun(program);
const execution = await result;
if (this.#running === running) this.#conclude(execution, program);
} catch (error) {
if (this.#running === running) this.#fail(error);
}
}
#begun({ mark }) {
this.#output.begin(mark);
this.#notes.replaceChildren();
this.#files.show([]);
this.#editor.mark([]);
this.#busy(WORDS.running);
this.dispatchEvent(new CustomEvent('execute', { detail: this.code }));
}
#busy(words) {
this.#busyWords = words;
if (this.#frame.classList.contains('busy')) this.#bar.say(words, { kind: 'busy' });
else this.#waiting ??= setTimeout(() => this.#shownBusy(), SOON_MS);
}
#shownBusy() {
this.#frame.classList.add('busy');
this.#bar.say(this.#busyWords, { kind: 'busy' });
}
#quiet() {
clearTimeout(this.#waiting);
this.#waiting = undefined;
this.#frame.classList.remove('busy');
this.#running = undefined;
}
stop() {
if (this.#running) this.#busy(WORDS.stopping);
this.#running?.stop();
}
reset() {
this.#running?.stop();
if (this.#editor) this.#editor.value = this.#original;
}
#begin() {
const code = codeFor(this, this.getAttribute('for') ?? this.getAttribute('selector'));
if (!code) {
console.warn(`code-runner: ${WORDS.notFound}`, this);
return;
}
this.#languageOfCode = languageOf(code);
withLanguage(this, () => this.isConnected && !this.#editor && this.#beginWith(code));
}
#beginWith(code) {
this.#original = sourceOf(code);
const title = titleOf(this.language);
const kind = this.getAttribute('editor') ?? this.usualEditor;
this.#isReadOnly = READ_ONLY.has(kind);
const about = {
language: this.language, title, source: this.#original, isReadOnly: this.#isReadOnly,
onEdit: () => this.#edited(), onRun: () => this.#toggle(),
};
this.#editor = new Editor(about);
if (kind === 'codemirror') enriched(this, this.#editor, about).then((editor) => (this.#editor = editor));
this.#bar = new Bar({
title, onRun: () => this.#toggle(), others: this.actions(),
actions: [[WORDS.share, () => this.#share()], [WORDS.reset, () => this.#resetByHand()]],
});
const recorded = recordedFor(this, this.getAttribute('output'));
this.#recorded = recorded && trimmed((recorded.querySelector('code') ?? recorded).textContent);
this.#hidden.push(boxOf(code, this), ...(recorded && !this.contains(recorded) ? [recorded] : []));
this.#build(title);
this.#stepBack(true);
this.#state('unknown');
if (this.#recorded !== undefined) this.#showRecorded(WORDS.recorded);
this.#takeLinked();
for (const near of ['pointerenter', 'focusin']) this.addEventListener(near, () => comeNear(this), { once: true });
this.dispatchEvent(new Event('load'));
}
#build(title) {
const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
root.adoptedStyleSheets = [sheet()];
this.#outcome.append(this.#output.element);
const field = inputField(this.getAttribute('stdin'), () => this.#toggle());
this.#input = field?.input;
const parts = [this.#editor.element, field?.element ?? '', this.#bar.element, this.#notes, this.#outcome, this.#files.element];
this.#frame = make('div', { className: 'frame', part: 'frame', role: 'group', ariaLabel: said('example', { language: title }) }, ...parts);
root.append(this.#frame);
}
#toggle() {
if (this.#running) this.stop();
else this.run();
}
#print(pieces) {
this.#outcome.hidden = false;
if (this.#output.add(pieces)) this.#busy(WORDS.again);
this.dispatchEvent(new CustomEvent('output', { detail: pieces }));
}
#conclude(execution, program) {
this.#quiet();
this.#outcome.hidden = false;
this.#output.end(textsOf(execution));
const { isWell, words, facts } = verdictOf(execution);
if (this.#output.isCut && !facts.includes(WORDS.cut)) facts.push(WORDS.cut);
this.#state(isWell ? 'succeeded' : 'failed');
this.#files.show(execution.files);
const isSilent = isWell && this.#output.isEmpty && !execution.files?.length && !this.hasAttribute('terminal');
if (this.#output.isEmpty) this.#outcome.hidden = true;
this.#bar.say(isSilent ? WORDS.nothing : words, { kind: isWell ? 'well' : 'badly', facts });
this.#showFindings(execution, program);
if (isWell && this.hasAttribute('expect')) this.#judge();
this.dispatchEvent(new CustomEvent('result', { detail: execution }));
}
#showFindings(execution, { before, others, code }) {
const found = findings(execution, { before, files: others, lines: code === this.code ? code.split('\n').length : 0 });
this.#editor.mark(found);
this.#notes.append(...findingsView(found, (line, column) => this.#editor.goTo(line, column)));
}
#judge() {
const given = this.getAttribute('expect');
const expected = given.startsWith('#') && found(given) ? textOf(found(given)) : given || this.#recorded || '';
const comparison = compared(this.#output.printed, expected);
this.#bar.say(comparison.isRight ? WORDS.right : WORDS.wrong, { kind: comparison.isRight ? 'well' : 'badly' });
if (!comparison.isRight) this.#notes.append(differenceView(comparison));
this.#state(comparison.isRight ? 'right' : 'wrong');
}
#fail(error) {
this.#quiet();
this.#output.end([]);
this.#state('failed');
const isLeft = error.name === 'AbortError';
if (error.status === 0 && this.#recorded !== undefined) this.#showRecorded(WORDS.away);
else this.#bar.say(isLeft ? WORDS.CANCELLED : error.message, { kind: 'badly' });
if (!isLeft) this.dispatchEvent(new CustomEvent('error', { detail: error }));
}
#showRecorded(words) {
this.#outcome.hidden = false;
this.#output.record(this.#recorded);
this.#bar.say(words);
}
#stepBack(isHidden) {
for (const box of this.#hidden) {
if (isHidden) box.style.setProperty('display', 'none', 'important');
else box.style.removeProperty('display');
}
}
#edited() {
this.#bar.isEdited = this.code !== this.#original;
this.#notes.replaceChildren();
}
#resetByHand() {
this.reset();
this.#bar.focusRun();
}
#takeLinked = async () => {
if (!this.#editor || this.#isReadOnly) return;
const source = await linked(location.href, this.#which);
if (source === undefined || source === this.code) return;
this.code = source;
this.#outcome.hidden = true;
this.#bar.say(WORDS.linked);
};
async #share() {
this.#bar.say(await offered(await linkTo(location.href, this.#which, this.code)));
}
get #which() {
return this.id || String([...document.querySelectorAll(this.localName)].indexOf(this));
}
#state(state) {
this.setAttribute('state', state);
}
actions() {
return [];
}
get usualEditor() {
return 'basic';
}
}
class CodapiSnippet extends CodeRunner {
get usualEditor() {
return 'off';
}
actions() {
const named = (this.getAttribute('actions') ?? '').split(/\s+/).map((one) => one.split(':'));
return named.filter(([, act]) => act?.startsWith('@')).map(([label, act]) => (
[label.replace(/_/g, ' '), () => this.dispatchEvent(new Event(act.slice(1)))]
));
}
}
class CodapiSettings extends HTMLElement {}
const ELEMENTS = {
'code-runner-settings': CodeRunnerSettings, 'code-runner': CodeRunner,
'codapi-settings': CodapiSettings, 'codapi-snippet': CodapiSnippet,
};
for (const [name, element] of Object.entries(ELEMENTS)) if (!customElements.get(name)) customElements.define(name, element);
settle();
})();
