// CodeRunner, Apache-2.0; put together from sdks/page.
// A part of <code-runner>, fetched where a block is talked to; its modules are in sdks/page/talk.
async function freshKey() {
const bytes = (await cryptography()).getRandomValues(new Uint8Array(16));
const time = Date.now();
for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256;
bytes[6] = 0x70 | (bytes[6] & 0x0f);
bytes[8] = 0x80 | (bytes[8] & 0x3f);
const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
async function withKey(task) {
if (task === null || typeof task !== 'object') throw new TypeError('a task is an object: {language, files}');
return task.idempotency_key ? task : { ...task, idempotency_key: await freshKey() };
}
async function cryptography() {
if (globalThis.crypto) return globalThis.crypto;
const name = 'node:crypto';
return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)).webcrypto;
}
const BLOBS = '/v1/blobs';
const BLOB_MS = 150_000;
async function bytesOf(content) {
if (content instanceof Uint8Array) return content;
if (content instanceof ArrayBuffer) return new Uint8Array(content);
if (typeof content === 'string') return new TextEncoder().encode(content);
if (typeof content?.arrayBuffer === 'function') return new Uint8Array(await content.arrayBuffer());
throw new TypeError('a content is a string, a Uint8Array, an ArrayBuffer, a Blob or a File');
}
async function digestOf(bytes) {
const { subtle } = await cryptography();
if (!subtle) return undefined;
const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
function inlineOf(file) {
return Uint8Array.from(atob(file.data), (character) => character.charCodeAt(0));
}
const CODES = {
400: 'INVALID_ARGUMENT',
401: 'UNAUTHENTICATED',
403: 'PERMISSION_DENIED',
404: 'NOT_FOUND',
408: 'DEADLINE_EXCEEDED',
429: 'RESOURCE_EXHAUSTED',
502: 'UNAVAILABLE',
503: 'UNAVAILABLE',
504: 'UNAVAILABLE',
};
const TRANSIENT = new Set([0, 408, 429, 502, 503, 504]);
const MAX_ERROR_CHARS = 64 * 1024;
class CodeRunnerError extends Error {
constructor(message, { status = 0, code = 'UNKNOWN', violations = [], retryAfterMs, cause } = {}) {
super(message, cause === undefined ? undefined : { cause });
this.name = 'CodeRunnerError';
this.status = status;
this.code = code;
this.violations = violations;
this.retryAfterMs = retryAfterMs;
}
}
function isTransient(error) {
if (!(error instanceof CodeRunnerError)) return false;
return TRANSIENT.has(error.status) || error.code === 'UNAVAILABLE' || error.code === 'RESOURCE_EXHAUSTED';
}
function noAnswer(message, cause) {
return new CodeRunnerError(message, { code: 'UNAVAILABLE', cause });
}
function closedError(code) {
const status = code - 4000;
if (status >= 400 && status < 600) return problemError({ status, detail: `The server answered ${status}.` });
return noAnswer(`the connection ended (${code}) before the program`);
}
function strange(message, status = 200, cause = undefined) {
return new CodeRunnerError(`not an answer of a CodeRunner gateway: ${message}`, { status, cause });
}
function problemError(problem, fallback = {}) {
const told = problem !== null && typeof problem === 'object' ? problem : {};
const status = fallback.status ?? (Number.isInteger(told.status) ? told.status : 500);
const retryAfterMs = milliseconds(told.retry_after_ms) ?? fallback.retryAfterMs;
const message = typeof told.detail === 'string' && told.detail ? told.detail : fallback.message;
const violations = Array.isArray(told.violations) ? told.violations.filter(isViolation) : [];
const code = typeof told.code === 'string' && told.code ? told.code : CODES[status];
return new CodeRunnerError(message ?? 'the gateway failed', { status, code, violations, retryAfterMs });
}
async function answerError(response) {
const { status } = response;
const type = mediaType(response);
const body = await beginning(response);
const message = `${status} ${response.statusText}`.trim() + (type.endsWith('json') ? '' : ` (${type || 'no words'})`);
const fallback = { status, retryAfterMs: retryAfter(response.headers.get('retry-after')), message };
if (status === 0 || (status >= 300 && status < 400)) return strange('the address leads elsewhere', status || 302);
return problemError(type.endsWith('json') ? parsed(body) : undefined, fallback);
}
function mediaType(response) {
return (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
}
function isViolation(one) {
return one !== null && typeof one === 'object' && typeof one.field === 'string' && typeof one.description === 'string';
}
function milliseconds(value) {
return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}
function retryAfter(value) {
if (!value) return undefined;
const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
return milliseconds(ms);
}
function parsed(text) {
try {
return JSON.parse(text);
} catch {
return undefined;
}
}
async function beginning(response) {
if (!response.body) return '';
const reader = response.body.getReader();
const decoder = new TextDecoder();
let text = '';
try {
for (let read = await reader.read(); !read.done && text.length < MAX_ERROR_CHARS; read = await reader.read()) {
text += decoder.decode(read.value, { stream: true });
}
} catch {
}
reader.cancel().catch(() => {});
return text;
}
const ID = /^\w[\w.-]{0,127}$/;
function isFinal(status) {
return status !== 'QUEUED' && status !== 'RUNNING';
}
function idOf(id) {
if (typeof id !== 'string' || !ID.test(id)) throw new TypeError('the id of a task is letters, digits and hyphens');
return id;
}
function identified(body) {
if (body === null || typeof body !== 'object' || typeof body.id !== 'string' || !ID.test(body.id)) {
throw strange('it names no task');
}
return body;
}
function listOf(body, name) {
if (body === null || typeof body !== 'object' || !Array.isArray(body[name])) throw strange(`it has no ${name}`);
return body[name];
}
class ToldOutput {
#attempt = 0;
#streams = new Map();
news(piece) {
if (piece.attempt < this.#attempt) return [];
if (piece.attempt > this.#attempt) this.#streams.clear();
this.#attempt = piece.attempt;
const name = `${piece.stage}/${piece.stream}`;
if (!this.#streams.has(name)) this.#streams.set(name, new Spans());
const length = codePoints(piece.text);
const missing = this.#streams.get(name).add(piece.offset, piece.offset + length);
return missing.map(([start, end]) => part(piece, start - piece.offset, end - piece.offset, length));
}
}
class Spans {
#spans = [];
add(start, end) {
const last = this.#spans[this.#spans.length - 1];
if (end <= start) return [];
if (!last || start > last[1]) {
this.#spans.push([start, end]);
return [[start, end]];
}
if (start === last[1]) {
last[1] = end;
return [[start, end]];
}
return this.#weave(start, end);
}
#weave(start, end) {
const missing = [];
const woven = this.#spans.filter(([, to]) => to < start);
const merged = [start, end];
let at = start;
for (const [from, to] of this.#spans.slice(woven.length)) {
if (from > end) break;
if (at < from) missing.push([at, from]);
at = Math.max(at, to);
merged[0] = Math.min(merged[0], from);
merged[1] = Math.max(merged[1], to);
}
if (at < end) missing.push([at, end]);
this.#spans = [...woven, merged, ...this.#spans.filter(([from]) => from > end)];
return missing;
}
}
function part(piece, start, end, length) {
if (start === 0 && end === length) return piece;
const { text } = piece;
const isPlain = length === text.length;
const from = isPlain ? start : unitAt(text, start, 0);
const to = isPlain ? end : unitAt(text, end - start, from);
return { ...piece, offset: piece.offset + start, text: text.slice(from, to) };
}
function codePoints(text) {
let count = 0;
for (let unit = 0; unit < text.length; unit += width(text, unit)) count += 1;
return count;
}
function unitAt(text, points, from) {
let unit = from;
for (let left = points; left > 0; left--) unit += width(text, unit);
return unit;
}
function width(text, unit) {
return text.codePointAt(unit) > 0xffff ? 2 : 1;
}
const EXECUTIONS = '/v1/executions';
const EVENT_ID = /^[\x21-\x7e]{1,1024}$/;
const LONG_MS = 5000;
class Follower {
#transport;
#task;
#signal;
#tries;
#told = new ToldOutput();
#ready = [];
#failure;
#stream;
#openedMs = 0;
#lastEventId = '';
#lastState = '';
#onlySubmits = false;
constructor(transport, { id, task, signal }) {
this.#transport = transport;
this.id = id;
this.#task = task;
this.#signal = signal;
this.#tries = transport.tries();
}
async next() {
for (;;) {
this.#signal?.throwIfAborted();
if (this.#ready.length > 0) return this.#ready.shift();
await this.#recover();
try {
this.#stream ??= await this.#open();
const heard = await this.#stream.read();
if (heard === undefined) throw noAnswer('the stream ended before its task');
for (const one of heard) this.#take(one);
} catch (error) {
this.#failure = error;
this.close();
}
}
}
close() {
this.#stream?.close();
this.#stream = undefined;
}
async #recover() {
if (this.#failure === undefined) return;
const failure = this.#failure;
this.#failure = undefined;
if (this.#openedMs && Date.now() - this.#openedMs > LONG_MS) this.#tries.reset();
this.#openedMs = 0;
await this.#tries.after(failure, this.#signal);
}
async #open() {
const stream = (await this.#opened()) ?? (await this.#submitted());
this.#openedMs = Date.now();
return stream;
}
async #opened() {
if (!this.id || this.#onlySubmits) return undefined;
const options = { lastEventId: this.#lastEventId, signal: this.#signal };
try {
return await this.#transport.open('GET', `${EXECUTIONS}/${this.id}/events`, options);
} catch (error) {
if (error.status !== 403 || !this.#task) throw error;
this.#onlySubmits = true;
return undefined;
}
}
#submitted() {
return this.#transport.open('POST', EXECUTIONS, { body: this.#task, signal: this.#signal });
}
#take({ name, id, data }) {
if (name === 'error') throw problemError(dataOf(data));
if (name === 'output') this.#takeOutput(identified(dataOf(data)));
else if (name === 'state') this.#takeState(data);
else if (name === 'result') this.#takeResult(identified(dataOf(data)));
if (id !== undefined && EVENT_ID.test(id)) this.#lastEventId = id;
}
#takeOutput(piece) {
this.id ??= piece.id;
const isPiece = Number.isSafeInteger(piece.offset) && piece.offset >= 0 && typeof piece.text === 'string';
if (!isPiece || !Number.isInteger(piece.attempt)) throw strange('a piece of output that says not where it belongs');
const news = this.#told.news(piece);
if (news.length > 0) this.#tries.reset();
for (const { stage, stream, offset, text, attempt } of news) {
this.#ready.push({ type: 'output', stage, stream, offset, text, attempt });
}
}
#takeState(data) {
const execution = identified(dataOf(data));
this.id ??= execution.id;
if (data === this.#lastState) return;
this.#lastState = data;
this.#ready.push({ type: 'state', execution });
}
#takeResult(execution) {
if (!isFinal(execution.status)) throw strange('a result that is none');
this.#ready.push({ type: 'result', execution });
}
}
function dataOf(data) {
try {
return JSON.parse(data);
} catch (error) {
throw strange('an event that is no JSON', 200, error);
}
}
const SAID_BYTES = 64 * 1024;
const SAID_UNITS = 16 * 1024;
const MAX_INPUT_BYTES = 1024 * 1024;
const MAX_THINGS = 65_536;
const BASE64_BYTES = 0x6000;
class Spoken {
#said = [];
#bytes = 0;
#next = 0;
#taken = 0;
#attempt = 0;
write(data) {
const isText = typeof data === 'string';
if (!isText && !(data instanceof Uint8Array)) throw new TypeError('input is a string or a Uint8Array');
const bytes = isText ? new TextEncoder().encode(data) : data;
if (this.#bytes + bytes.length > MAX_INPUT_BYTES) throw new RangeError('a program takes 1 MiB of input at most');
this.#bytes += bytes.length;
const pieces = isText ? textPieces(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) : bytePieces(bytes);
for (const what of pieces) this.say(what);
}
say(what) {
if (this.#said.length >= MAX_THINGS) throw new RangeError('a program is told 65,536 things at most');
this.#said.push({ number: this.#said.length + 1, ...what });
}
taken({ number, attempt }) {
if (attempt !== this.#attempt) this.#next = Math.min(number, this.#said.length);
this.#attempt = attempt;
this.#taken = number;
}
get isTaken() {
return this.#taken >= this.#said.length;
}
startOver() {
this.#next = Math.min(this.#taken, this.#said.length);
}
*news() {
while (this.#next < this.#said.length) yield this.#said[this.#next++];
}
}
function* textPieces(text) {
for (let start = 0; start < text.length; ) {
const end = start + SAID_UNITS;
const isPair = end < text.length && text.codePointAt(end - 1) > 0xffff;
const stop = isPair ? end - 1 : end;
yield { input: text.slice(start, stop) };
start = stop;
}
}
function* bytePieces(bytes) {
for (let start = 0; start < bytes.length; start += SAID_BYTES) {
yield { input_data: base64(bytes.subarray(start, start + SAID_BYTES)) };
}
}
function base64(bytes) {
let text = '';
for (let start = 0; start < bytes.length; start += BASE64_BYTES) {
text += btoa(String.fromCharCode(...bytes.subarray(start, start + BASE64_BYTES)));
}
return text;
}
const INTERACT = '/v1/executions';
class Program {
#transport;
#task;
#signal;
#tries;
#told = new ToldOutput();
#spoken = new Spoken();
#socket;
#silence;
#ready = [];
#wake = () => {};
#failure;
#lastState = '';
#isOver = false;
constructor(transport, { id, task, signal }) {
this.#transport = transport;
this.id = id;
this.#task = task;
this.#signal = signal;
this.#tries = transport.tries();
signal?.addEventListener('abort', this.#aborted, { once: true });
this.#run();
}
write(data) {
this.#spoken.write(data);
this.#send();
}
closeInput() {
this.#say({ close: true });
}
signal(name) {
this.#say({ signal: name });
}
resize(rows, columns) {
this.#say({ terminal: { rows, columns } });
}
close() {
this.#end(new CodeRunnerError('the program was left', { code: 'CANCELLED' }));
}
async result() {
for await (const event of this) {
if (event.type === 'result') return event.execution;
}
throw new CodeRunnerError('its result was told before', { code: 'FAILED_PRECONDITION' });
}
[Symbol.asyncIterator]() {
return { next: () => this.#next() }; // without `return`: who stops may go on
}
async #next() {
while (this.#ready.length === 0) {
if (this.#failure !== undefined) throw this.#failure;
if (this.#isOver) return { done: true, value: undefined };
await new Promise((resolve) => (this.#wake = resolve));
}
return { done: false, value: this.#ready.shift() };
}
#aborted = () => this.#end(this.#signal.reason);
#say(what) {
this.#spoken.say(what);
this.#send();
}
async #run() {
try {
this.#signal?.throwIfAborted();
while (!this.#isOver) {
try {
await this.#connected();
} catch (error) {
if (!this.#isOver) await this.#tries.after(error, this.#signal);
}
}
} catch (error) {
this.#end(error);
}
}
async #connected() {
const task = this.id === undefined ? await this.#task : undefined;
const path = task ? `${INTERACT}:interact` : `${INTERACT}/${this.id}/interact`;
const socket = await this.#transport.socket(path);
try {
await new Promise((resolve, reject) => {
const late = () => reject(noAnswer(`no connection within ${this.#transport.timeoutMs} ms`));
const timer = setTimeout(late, this.#transport.timeoutMs);
let isOpened = false;
this.#leave = resolve;
socket.onopen = () => {
clearTimeout(timer);
isOpened = true;
if (task) socket.send(JSON.stringify({ begin: task }));
this.#spoken.startOver();
this.#socket = socket;
this.#send();
};
socket.onmessage = ({ data }) => {
if (this.#isOver) return;
try {
this.#hear(data);
if (this.#isOver) resolve();
} catch (error) {
reject(error);
}
};
socket.onerror = () => {};
socket.onclose = async ({ code }) => {
clearTimeout(timer);
reject((!isOpened && !this.#isOver && (await this.#transport.refusal(path))) || closedError(code));
};
this.#break = reject;
if (this.#isOver) resolve();
});
} finally {
this.#socket = undefined;
clearTimeout(this.#silence);
socket.onmessage = null;
socket.close();
}
}
#leave = () => {};
#break = () => {};
#send() {
const socket = this.#socket;
if (socket === undefined) return;
for (const said of this.#spoken.news()) socket.send(JSON.stringify({ said }));
this.#mindSilence();
}
#mindSilence() {
clearTimeout(this.#silence);
if (this.#spoken.isTaken) return;
const silent = () => this.#break(noAnswer('the gateway took nothing of what was said'));
this.#silence = setTimeout(silent, this.#transport.silenceMs);
}
#hear(data) {
const { error, taken, waits, output, execution } = eventOf(data);
if (error) throw problemError(error);
if (taken) {
this.#tries.reset();
this.#spoken.taken(taken);
this.#send();
}
if (waits) this.#push({ type: 'waits', attempt: waits.attempt });
if (output) this.#hearOutput(identified(output));
if (execution) this.#hearState(identified(execution));
}
#hearOutput(piece) {
const news = this.#told.news(piece);
if (news.length > 0) this.#tries.reset();
for (const { stage, stream, offset, text, attempt } of news) {
this.#push({ type: 'output', stage, stream, offset, text, attempt });
}
}
#hearState(execution) {
this.id = execution.id;
const state = JSON.stringify(execution);
if (state === this.#lastState) return;
this.#lastState = state;
this.#push({ type: isFinal(execution.status) ? 'result' : 'state', execution });
if (isFinal(execution.status)) this.#end();
}
#push(event) {
this.#ready.push(event);
this.#wake();
}
#end(failure) {
if (this.#isOver) return;
this.#isOver = true;
this.#failure = failure;
this.#signal?.removeEventListener('abort', this.#aborted);
this.#leave();
this.#wake();
}
}
function eventOf(data) {
let event;
try {
event = JSON.parse(data);
} catch (error) {
throw strange('a message that is no JSON', 200, error);
}
if (event === null || typeof event !== 'object') throw strange('a message that is no object');
return event;
}
const MAX_EVENT_CHARS = 256 * 1024 * 1024;
class EventParser {
#line = [];
#data = [];
#size = 0;
#name = '';
#id;
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
if (this.#size > MAX_EVENT_CHARS) throw strange('an event that does not end');
return events;
}
#take(line, events) {
if (line === '') {
this.#dispatch(events);
return;
}
const colon = line.indexOf(':');
const field = colon < 0 ? line : line.slice(0, colon);
const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
if (field === 'data') this.#data.push(value);
else if (field === 'event') this.#name = value;
else if (field === 'id') this.#id = value;
}
#dispatch(events) {
if (this.#data.length > 0) events.push({ name: this.#name, id: this.#id, data: this.#data.join('\n') });
this.#data = [];
this.#size = 0;
this.#name = '';
this.#id = undefined;
}
}
class EventStream {
#reader;
#deadline;
#silenceMs;
#parser = new EventParser();
#decoder = new TextDecoder();
constructor(body, deadline, silenceMs) {
this.#reader = body.getReader();
this.#deadline = deadline;
this.#silenceMs = silenceMs;
}
async read() {
this.#deadline.restart(this.#silenceMs);
try {
const { done, value } = await this.#reader.read();
this.#deadline.pause();
return done ? undefined : this.#parser.push(this.#decoder.decode(value, { stream: true }));
} catch (error) {
throw this.#deadline.reasonOr(error?.name === 'CodeRunnerError' ? error : noAnswer('the stream broke off', error));
}
}
close() {
this.#deadline.close();
this.#reader.cancel().catch(() => {});
}
}
const BASE_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;
const MAX_RETRY_AFTER_MS = 60_000;
class Deadline {
#controller = new AbortController();
#outer;
#timer;
#forward = () => this.#controller.abort(this.#outer.reason);
constructor(outer, ms) {
this.#outer = outer;
outer?.throwIfAborted();
outer?.addEventListener('abort', this.#forward, { once: true });
this.restart(ms);
}
get signal() {
return this.#controller.signal;
}
restart(ms) {
clearTimeout(this.#timer);
const late = () => new CodeRunnerError(`no answer within ${ms} ms`, { code: 'DEADLINE_EXCEEDED' });
this.#timer = setTimeout(() => this.#controller.abort(late()), ms);
}
pause() {
clearTimeout(this.#timer);
}
close() {
clearTimeout(this.#timer);
this.#outer?.removeEventListener('abort', this.#forward);
}
reasonOr(error) {
return this.signal.aborted ? this.signal.reason : error;
}
}
class Tries {
#failures = 0;
#retries;
constructor(retries) {
this.#retries = retries;
}
reset() {
this.#failures = 0;
}
async after(error, signal) {
const asked = error?.retryAfterMs ?? 0;
if (!isTransient(error) || this.#failures >= this.#retries || asked > MAX_RETRY_AFTER_MS) throw error;
const pause = Math.min(BASE_PAUSE_MS * 2 ** this.#failures, MAX_PAUSE_MS);
this.#failures += 1;
await sleep(asked + pause * (0.5 + Math.random() / 2), signal);
}
}
function sleep(ms, signal) {
return new Promise((resolve, reject) => {
if (signal?.aborted) return reject(signal.reason);
const end = (settle) => () => {
clearTimeout(timer);
signal?.removeEventListener('abort', aborted);
settle();
};
const aborted = end(() => reject(signal.reason));
const timer = setTimeout(end(resolve), ms);
signal?.addEventListener('abort', aborted, { once: true });
});
}
const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';
const NO_SOCKET = 426;
const TOKEN = /^[\x21-\x7e]+$/;
const SOCKET_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
class Transport {
#base;
#token;
#fetch;
#sockets;
#retries;
constructor(url, { token, fetch, WebSocket = globalThis.WebSocket, retries = 6, timeoutMs = 30_000, silenceMs = 45_000 }) {
this.#base = baseOf(url);
this.#token = token;
const send = fetch ?? globalThis.fetch;
if (typeof send !== 'function') throw new TypeError('there is no fetch here: give one as an option');
this.#fetch = (address, init) => send(address, init);
this.#sockets = WebSocket;
this.#retries = retries;
this.timeoutMs = timeoutMs;
this.silenceMs = silenceMs;
}
tries() {
return new Tries(this.#retries);
}
async ask(verb, path, { query, body, bytes, signal, waitMs = 0, isBytes = false } = {}) {
const tries = this.tries();
for (;;) {
try {
return await this.#asked(verb, path, { query, body, bytes, signal, waitMs, isBytes });
} catch (error) {
await tries.after(error, signal);
}
}
}
async open(verb, path, { body, lastEventId, signal }) {
const deadline = new Deadline(signal, this.timeoutMs);
try {
const headers = lastEventId ? { 'Last-Event-ID': lastEventId } : {};
const response = await this.#send(verb, path, { body, accept: EVENTS, headers, deadline });
if (mediaType(response) !== EVENTS || !response.body) {
response.body?.cancel().catch(() => {});
throw strange(`${response.status} ${mediaType(response)} in place of events`, response.status);
}
return new EventStream(response.body, deadline, this.silenceMs);
} catch (error) {
deadline.close();
throw error;
}
}
async socket(path) {
const Socket = this.#sockets;
if (typeof Socket !== 'function') {
throw new TypeError('there is no WebSocket here: give one as an option, or take Node.js from 22 on');
}
const token = await this.#tokenNow();
if (token && !SOCKET_TOKEN.test(token)) throw new TypeError('the token has characters that no WebSocket can show');
const protocols = token ? ['coderunner.v1', `coderunner.bearer.${token}`] : ['coderunner.v1'];
return new Socket(this.#base.replace(/^http/, 'ws') + path, protocols);
}
async refusal(path) {
try {
await this.#asked('GET', path, { waitMs: 0 });
} catch (error) {
if (error.status !== NO_SOCKET) return error instanceof CodeRunnerError && error.code !== 'UNAVAILABLE' ? error : undefined;
return new CodeRunnerError(error.message, { status: NO_SOCKET, code: 'UNAVAILABLE' });
}
return undefined;
}
async #asked(verb, path, { query, body, bytes, signal, waitMs, isBytes }) {
const deadline = new Deadline(signal, this.timeoutMs + waitMs);
try {
const accept = isBytes ? '*/*' : JSON_TYPE;
const response = await this.#send(verb, path, { query, body, bytes, accept, headers: {}, deadline });
return await (isBytes ? bodyOf(response, deadline) : jsonOf(response, deadline));
} finally {
deadline.close();
}
}
async #send(verb, path, { query, body, bytes, accept, headers, deadline }) {
const init = {
method: verb,
headers: { Accept: accept, ...headers, ...(await this.#authorization()) },
cache: 'no-store',
redirect: 'manual',
signal: deadline.signal,
};
if (body !== undefined) {
init.body = JSON.stringify(body);
init.headers['Content-Type'] = JSON_TYPE;
}
if (bytes !== undefined) {
init.body = bytes;
init.headers['Content-Type'] = 'application/octet-stream';
}
let response;
try {
response = await this.#fetch(this.#base + path + (query ? `?${query}` : ''), init);
} catch (error) {
throw deadline.reasonOr(noAnswer(`the gateway at ${this.#base} does not answer`, error));
}
if (response.status >= 200 && response.status < 300) return response;
throw deadline.reasonOr(await answerError(response));
}
#tokenNow() {
return typeof this.#token === 'function' ? this.#token() : this.#token;
}
async #authorization() {
const token = await this.#tokenNow();
if (!token) return {};
if (!TOKEN.test(token)) throw new TypeError('the token has characters that no token has');
return { Authorization: `Bearer ${token}` };
}
}
async function jsonOf(response, deadline) {
const type = mediaType(response);
if (type !== JSON_TYPE) {
response.body?.cancel().catch(() => {});
throw strange(`${response.status} ${type || 'without a type'}`, response.status);
}
let text;
try {
text = await response.text();
} catch (error) {
throw deadline.reasonOr(noAnswer('the answer broke off', error));
}
try {
return JSON.parse(text);
} catch (error) {
throw strange('it is no JSON', response.status, error);
}
}
async function bodyOf(response, deadline) {
try {
return new Uint8Array(await response.arrayBuffer());
} catch (error) {
throw deadline.reasonOr(noAnswer('the answer broke off', error));
}
}
function baseOf(url) {
const { protocol, username, password, origin, pathname, search, hash } = new URL(url);
if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('the address begins with http:// or https://');
if (username || password || search || hash) throw new TypeError('the address is scheme, host, port and path alone');
return origin + pathname.replace(/\/+$/, '');
}
const WAIT_MS = 30_000;
const MAX_WAIT_MS = 270_000;
const CANCEL_MS = 5000;
class CodeRunner {
#transport;
constructor(url, options = {}) {
this.#transport = new Transport(url, options);
}
async run(task, options = {}) {
const { signal, waitMs = WAIT_MS } = options;
const body = await withKey(task);
const subject = { task: body };
try {
const mostMs = Math.min(Math.max(waitMs, 0), MAX_WAIT_MS);
const query = new URLSearchParams({ wait: (mostMs / 1000).toFixed(3) });
const answer = identified(await this.#ask('POST', EXECUTIONS, { query, body, signal, waitMs: mostMs }));
subject.id = answer.id;
return answer.status && isFinal(answer.status) ? answer : await this.#resultOf(subject, signal);
} catch (error) {
await this.#cancelIfAsked(subject, options);
throw error;
}
}
async submit(task, { signal } = {}) {
return identified(await this.#ask('POST', EXECUTIONS, { body: await withKey(task), signal })).id;
}
async submitBatch(tasks, { signal } = {}) {
const body = { tasks: await Promise.all(Array.from(tasks, withKey)) };
return listOf(await this.#ask('POST', `${EXECUTIONS}:batch`, { body, signal }), 'results');
}
async get(id, { signal } = {}) {
return identified(await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}`, { signal }));
}
async cancel(id, { signal } = {}) {
return this.#ask('DELETE', `${EXECUTIONS}/${idOf(id)}`, { signal });
}
async source(id, { signal } = {}) {
return (await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}/source`, { signal })).task;
}
async callback(id, { signal } = {}) {
return (await this.#ask('GET', `${EXECUTIONS}/${idOf(id)}/callback`, { signal })).record;
}
async *list(filter = {}, { signal } = {}) {
for (let token = filter.page_token; ; ) {
const page = await this.page({ ...filter, page_token: token }, { signal });
yield* page.executions;
if (!page.next_page_token || page.next_page_token === token) return;
token = page.next_page_token;
}
}
async page(filter = {}, { signal } = {}) {
const answer = await this.#ask('GET', EXECUTIONS, { query: queryOf(filter), signal });
listOf(answer, 'executions');
return answer;
}
async putBlob(content, { signal } = {}) {
const bytes = await bytesOf(content);
const digest = await digestOf(bytes);
const [verb, path] = digest ? ['PUT', `${BLOBS}/${digest}`] : ['POST', BLOBS];
return this.#ask(verb, path, { bytes, signal, waitMs: BLOB_MS });
}
async getBlob(digest, { signal } = {}) {
return this.#fetched(`${BLOBS}/${encodeURIComponent(digest)}`, digest, signal);
}
async file(execution, file, { signal } = {}) {
if (file.data !== null && file.data !== undefined) return inlineOf(file);
const path = `${EXECUTIONS}/${idOf(execution.id)}/files/${encodeURIComponent(file.digest)}`;
return this.#fetched(path, file.digest, signal);
}
async languages({ signal } = {}) {
return listOf(await this.#ask('GET', '/v1/languages', { signal }), 'languages');
}
async nodes({ signal } = {}) {
return listOf(await this.#ask('GET', '/v1/nodes', { signal }), 'nodes');
}
async *follow(id, options = {}) {
yield* this.#events({ id: idOf(id) }, options);
}
async *runAndFollow(task, options = {}) {
yield* this.#events({ task: await withKey(task) }, options);
}
interact(task, { signal } = {}) {
const kept = withKey(task);
kept.catch(() => {});
return new Program(this.#transport, { task: kept, signal });
}
talkTo(id, { signal } = {}) {
return new Program(this.#transport, { id: idOf(id), signal });
}
async socket(id) {
return this.#transport.socket(id === undefined ? `${EXECUTIONS}:interact` : `${EXECUTIONS}/${idOf(id)}/interact`);
}
async *#events(subject, options) {
const follower = new Follower(this.#transport, { ...subject, signal: options.signal });
let hasEnded = false;
try {
while (!hasEnded) {
const event = await follower.next();
hasEnded = event.type === 'result';
yield event;
}
} finally {
follower.close();
if (!hasEnded) await this.#cancelIfAsked({ ...subject, id: follower.id }, options);
}
}
async #resultOf(subject, signal) {
for await (const event of this.#events(subject, { signal })) {
if (event.type === 'result') return event.execution;
}
return undefined;
}
async #cancelIfAsked({ id, task }, { signal, cancelOnAbort }) {
if (!cancelOnAbort || !signal?.aborted) return;
const deadline = new Deadline(undefined, CANCEL_MS);
try {
await this.cancel(id ?? (await this.submit(task, deadline)), deadline);
} catch {
} finally {
deadline.close();
}
}
async #fetched(path, digest, signal) {
const bytes = await this.#ask('GET', path, { signal, waitMs: BLOB_MS, isBytes: true });
const found = await digestOf(bytes);
if (found && found !== digest) throw new CodeRunnerError(`what came is not ${digest}`);
return bytes;
}
#ask(verb, path, options) {
return this.#transport.ask(verb, path, options);
}
}
function queryOf(filter) {
const query = new URLSearchParams();
for (const [name, value] of Object.entries(filter)) {
for (const one of Array.isArray(value) ? value : [value]) {
if (one !== undefined && one !== null && one !== '') query.append(name, String(one));
}
}
return query;
}
class Focus {
#element;
#leaving = new AbortController();
#isWriting = false;
constructor(element) {
this.#element = element;
const { signal } = this.#leaving;
element.getRootNode().addEventListener('input', ({ target }) => {
if (!this.#element.contains(target)) this.#isWriting = true;
}, { signal });
}
get isFree() {
const { activeElement } = document;
const isHere = activeElement === document.body || activeElement === this.#element.getRootNode().host;
return isHere && !this.#isWriting;
}
end() {
this.#leaving.abort();
}
}
const SOON_MS = 1500;
const STYLES = `
.typed { color: var(--accent); }
.asks { display: inline-flex; max-width: 100%; gap: 0.5em; align-items: baseline; vertical-align: baseline; }
.asks input { min-width: 0; margin: 0; padding: 0; border: 0; border-bottom: 2px solid var(--line); border-radius: 0; background: none; color: var(--accent); caret-color: var(--accent); font: inherit; outline-offset: 3px; }
.asks.waits input { border-color: var(--accent); }
.asks input:focus-visible { outline: 2px solid var(--accent); }
.asks button { padding: 0 0.4em; font-size: 0.8em; font-weight: 400; }
.asks button::before { content: "Ctrl+D"; }
.asks:not(.waits) button { visibility: hidden; }
@media (max-width: 36em) and (pointer: coarse) { .asks input { font-size: 16px; } }
`;
let sheet;
class InputLine {
interaction = {};
#view;
#program;
#input = document.createElement('input');
#element = document.createElement('span');
#timer;
#isClosed = false;
#focus;
#frame = 0;
constructor(view) {
this.#view = view;
const { words } = view;
Object.assign(this.#input, {
type: 'text', size: 8, autocomplete: 'off', autocapitalize: 'off', spellcheck: false, enterKeyHint: 'send', ariaLabel: words.typed,
});
const end = Object.assign(document.createElement('button'), { type: 'button', title: words.endOfInput, ariaLabel: words.endOfInput });
end.addEventListener('click', () => this.#close());
this.#input.addEventListener('input', () => this.#grow());
this.#input.addEventListener('keydown', (event) => this.#key(event));
this.#input.addEventListener('paste', (event) => this.#paste(event));
this.#element.className = 'asks';
this.#element.append(this.#input, end);
}
begin(program) {
this.#program = program;
this.#focus = new Focus(this.#view.element);
this.#restyle();
}
takes() {
return false;
}
waits() {
this.#show();
this.#element.classList.add('waits');
if (this.#focus.isFree) this.#input.focus({ preventScroll: true });
}
heard(type) {
if (type === 'output') this.#element.classList.remove('waits');
clearTimeout(this.#timer);
if (type !== 'result') this.#timer = setTimeout(() => this.#show(), SOON_MS);
if (this.#element.isConnected) this.#reveal();
}
end() {
clearTimeout(this.#timer);
this.#focus?.end();
const hadFocus = this.#element.contains(this.#element.getRootNode().activeElement);
this.#element.remove();
if (hadFocus) this.#view.element.focus({ preventScroll: true });
}
#show() {
if (this.#isClosed) return;
this.#view.freshen();
this.#view.element.parentElement.hidden = false;
if (!this.#element.isConnected) this.#view.element.append(this.#element);
this.#reveal();
}
#reveal() {
const { element } = this.#view;
this.#frame ||= requestAnimationFrame(() => {
this.#frame = 0;
element.scrollTop = element.scrollHeight;
});
}
#key(event) {
const { key, ctrlKey, altKey, metaKey, isComposing } = event;
if (isComposing) return;
const control = ctrlKey && !altKey && !metaKey ? key.toLowerCase() : '';
const hasSelection = this.#input.selectionStart !== this.#input.selectionEnd;
if (key === 'Enter') this.#send(`${this.#input.value}\n`);
else if (control === 'd' && !this.#input.value) this.#close();
else if (control === 'c' && !hasSelection) this.#program.signal('INT');
else return;
event.preventDefault();
}
#paste(event) {
const text = event.clipboardData.getData('text').replace(/\r\n?/g, '\n');
if (!text.includes('\n')) return;
event.preventDefault();
const { value, selectionStart, selectionEnd } = this.#input;
const all = value.slice(0, selectionStart) + text + value.slice(selectionEnd);
const rest = all.slice(all.lastIndexOf('\n') + 1);
this.#send(all.slice(0, all.length - rest.length));
this.#input.value = rest;
this.#grow();
}
#send(text) {
try {
this.#program.write(text);
} catch (error) {
this.#input.setCustomValidity(error.message);
this.#input.reportValidity();
return;
}
this.#view.type(text);
this.#input.value = '';
this.#grow();
this.#element.classList.remove('waits');
this.#reveal();
}
#close() {
this.#program.closeInput();
this.#isClosed = true;
this.end();
}
#grow() {
this.#input.size = Math.min(Math.max(8, this.#input.value.length + 1), 80);
}
#restyle() {
if (!sheet) {
sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);
}
const root = this.#view.element.getRootNode();
if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}
}
const ROWS = 20;
const shown = new WeakMap();
const SIZES = { rows: [1, 500], columns: [1, 1000] };
class Screen {
#view;
#box = document.createElement('div');
#terminal;
#fit;
#program;
#watching;
#attempt = 0;
static async opened(view, folder, part, signal) {
const [xterm, sheet] = await Promise.all([part(folder, 'xterm.mjs', signal), sheetAt(`${folder}/xterm.css`, signal)]);
signal.throwIfAborted();
return new Screen(view, xterm, sheet);
}
constructor(view, { FitAddon, terminalIn }, sheet) {
this.#view = view;
const root = view.element.getRootNode();
const own = new CSSStyleSheet();
own.replaceSync('.screen { padding: 0.9em 0.5em 0.9em 1em; border-top: 1px solid var(--line); background: var(--output-paper); } .screen.over { opacity: 0.8; }');
root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((one) => !one.isOfScreen), ...[sheet, own].map(ofScreen)];
this.#box.className = 'screen';
this.#box.setAttribute('part', 'terminal');
shown.get(view)?.#dispose();
shown.set(view, this);
view.element.parentElement.before(this.#box);
view.element.parentElement.hidden = true;
this.#terminal = terminalIn(root, {
rows: ROWS, cols: 80, cursorBlink: true, screenReaderMode: true, ...looksOf(this.#box),
});
this.#terminal.open(this.#box);
this.#fit = new FitAddon();
this.#terminal.loadAddon(this.#fit);
this.#resize();
}
get interaction() {
return { terminal: this.#size };
}
begin(program) {
this.#program = program;
this.#terminal.onData((text) => this.#tell(() => program.write(text)));
this.#terminal.onBinary((text) => this.#tell(() => program.write(Uint8Array.from(text, (one) => one.charCodeAt(0)))));
this.#terminal.attachCustomKeyEventHandler((event) => this.#isForProgram(event));
this.#watching = new ResizeObserver(() => this.#resize());
this.#watching.observe(this.#box);
const { activeElement } = document;
if (activeElement === document.body || activeElement === this.#box.getRootNode().host) this.#terminal.focus();
}
takes({ stage, text, attempt }) {
if (stage !== 'run') return false;
if (attempt > this.#attempt) this.#terminal.reset();
this.#attempt = attempt;
this.#terminal.write(text);
return true;
}
waits() {}
heard() {}
end() {
this.#watching?.disconnect();
this.#terminal.options.disableStdin = true;
this.#terminal.options.cursorBlink = false;
this.#box.classList.add('over');
if (this.#box.contains(this.#box.getRootNode().activeElement)) this.#terminal.blur();
}
get #size() {
const { rows, cols } = this.#terminal;
const within = (value, [least, most]) => Math.min(Math.max(value, least), most);
return { rows: within(rows, SIZES.rows), columns: within(cols, SIZES.columns) };
}
#dispose() {
this.#watching?.disconnect();
this.#terminal.dispose();
this.#box.remove();
}
#resize() {
const columns = this.#fit.proposeDimensions()?.cols;
if (!columns || Number.isNaN(columns) || columns === this.#terminal.cols) return;
this.#terminal.resize(columns, ROWS);
const { rows, columns: now } = this.#size;
if (this.#program) this.#tell(() => this.#program.resize(rows, now));
}
#isForProgram(event) {
if (event.type !== 'keydown') return true;
const leaves = event.key === 'Tab' && this.#hasEscaped;
this.#hasEscaped = event.key === 'Escape';
return !leaves;
}
#hasEscaped = false;
#tell(act) {
try {
act();
} catch (error) {
this.#terminal.write(`\r\n${error.message}\r\n`);
}
}
}
async function sheetAt(address, signal) {
const sheet = new CSSStyleSheet();
const response = await fetch(address, { signal }).catch(() => undefined);
if (response?.ok) sheet.replaceSync(await response.text());
return sheet;
}
function ofScreen(sheet) {
sheet.isOfScreen = true;
return sheet;
}
function looksOf(box) {
const style = getComputedStyle(box);
const [background, foreground] = [style.backgroundColor, style.color];
const theme = { background, foreground, cursor: foreground, cursorAccent: background, selectionBackground: '#80808066' };
return { fontFamily: style.fontFamily, fontSize: parseFloat(style.fontSize) * 0.94, theme, minimumContrastRatio: 4.5 };
}
async function* talk({ place, task, signal, view, isTerminal, part }) {
signal.throwIfAborted();
const face = isTerminal ? await Screen.opened(view, place.parts, part, signal) : new InputLine(view);
const client = new CodeRunner(new URL(place.url, location.href).href, place.key ? { token: place.key } : {});
const { stdin, ...rest } = task;
const program = client.interact({ ...rest, interaction: face.interaction }, { signal });
try {
face.begin(program);
if (stdin) program.write(stdin);
for await (const { type, execution, ...told } of program) {
if (type === 'waits') face.waits();
else if (type === 'output' && face.takes(told)) continue;
else yield [type === 'output' ? { name: type, data: told } : { name: type, data: execution }];
if (type !== 'waits') face.heard(type);
}
} catch (error) {
if (error.status !== 0 || signal.aborted) throw error;
throw Object.assign(new Error('The server cannot be reached.'), { status: 0 });
} finally {
face.end();
program.close();
}
}
export { talk };
