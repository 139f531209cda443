// The one kind of error that the client throws, and how it is made of what a server says.

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
const MAX_ERROR_CHARS = 64 * 1024; // of a body that tells of a failure; the rest is not read

/** A request that did not do what it was for. A program that fails is no error: its execution says so. */
export class CodeRunnerError extends Error {
  /** `status` 0: there was no answer. */
  constructor(message, { status = 0, code = 'UNKNOWN', violations = [], retryAfterMs, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CodeRunnerError';
    this.status = status;
    this.code = code;
    this.violations = violations;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether the same request may be answered a little later. */
export function isTransient(error) {
  if (!(error instanceof CodeRunnerError)) return false;
  return TRANSIENT.has(error.status) || error.code === 'UNAVAILABLE' || error.code === 'RESOURCE_EXHAUSTED';
}

/** No answer came, or it broke off. */
export function noAnswer(message, cause) {
  return new CodeRunnerError(message, { code: 'UNAVAILABLE', cause });
}

/** A WebSocket was closed. With 4000 and a status of HTTP it was refused, as gateways and backends have it. */
export function closedError(code) {
  const status = code - 4000;
  if (status >= 400 && status < 600) return problemError({ status, detail: `The server answered ${status}.` });
  return noAnswer(`the connection ended (${code}) before the program`);
}

/** An answer that no gateway gives: of something else at that address, or in between. It is not asked again. */
export function strange(message, status = 200, cause = undefined) {
  return new CodeRunnerError(`not an answer of a CodeRunner gateway: ${message}`, { status, cause });
}

/** The error that a problem (RFC 9457) tells of. `fallback`: what its answer says without it. */
export function problemError(problem, fallback = {}) {
  const told = problem !== null && typeof problem === 'object' ? problem : {};
  const status = fallback.status ?? (Number.isInteger(told.status) ? told.status : 500);
  const retryAfterMs = milliseconds(told.retry_after_ms) ?? fallback.retryAfterMs;
  const message = typeof told.detail === 'string' && told.detail ? told.detail : fallback.message;
  const violations = Array.isArray(told.violations) ? told.violations.filter(isViolation) : [];
  const code = typeof told.code === 'string' && told.code ? told.code : CODES[status];
  return new CodeRunnerError(message ?? 'the gateway failed', { status, code, violations, retryAfterMs });
}

/** The error that an answer tells of, whoever wrote it: the gateway, or a proxy before it. */
export async function answerError(response) {
  const { status } = response;
  const type = mediaType(response);
  const body = await beginning(response);
  const message = `${status} ${response.statusText}`.trim() + (type.endsWith('json') ? '' : ` (${type || 'no words'})`);
  const fallback = { status, retryAfterMs: retryAfter(response.headers.get('retry-after')), message };
  if (status === 0 || (status >= 300 && status < 400)) return strange('the address leads elsewhere', status || 302); // a browser does not say which it is
  return problemError(type.endsWith('json') ? parsed(body) : undefined, fallback);
}

/** What an answer is, in lower case and without parameters. */
export function mediaType(response) {
  return (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
}

function isViolation(one) {
  return one !== null && typeof one === 'object' && typeof one.field === 'string' && typeof one.description === 'string';
}

function milliseconds(value) {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

/** Of a `Retry-After`: seconds, or a date. */
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
    // What came of it must do: the status says more.
  }
  reader.cancel().catch(() => {});
  return text;
}
