// The bounds of what a blog's readers may ask its backend for: programs, rates, streams; and how they are told of them.

const KNOWN = new Set(['language', 'language_version', 'files', 'entry_point', 'stdin', 'args', 'limits', 'idempotency_key']);
const OF_FILE = new Set(['name', 'content', 'data']);
const MOST_NAME_CHARS = 255;
const MOST_ARGS = 64;
const MOST_READERS = 10_000;

/** Why a request is not served: a problem (RFC 9457), in the words of the gateway's own API. */
export class Problem extends Error {
  constructor(status, detail, { violations = [], retryAfterMs = 0 } = {}) {
    super(detail);
    this.status = status;
    this.violations = violations.slice(0, 16);
    this.retryAfterMs = retryAfterMs;
  }

  data() {
    const told = { status: this.status, detail: this.message.slice(0, 400) };
    if (this.violations.length > 0) told.violations = this.violations;
    if (this.retryAfterMs > 0) told.retry_after_ms = this.retryAfterMs;
    return told;
  }
}

/** What is wrong between the backend and the gateway is none of a reader's business. */
export function problemOf(error) {
  if (error instanceof Problem) return error;
  if (error?.name === 'WebhookError') return new Problem(error.status, error.message);
  if (error?.name !== 'CodeRunnerError') return undefined;
  const { status, violations = [], retryAfterMs = 0, message } = error;
  if (status === 400) return new Problem(400, message, { violations });
  if (status === 404) return new Problem(404, 'This run is not known, or not any more.');
  if (status === 429) return new Problem(429, 'Many readers run programs just now. Please wait a moment.', { retryAfterMs });
  if (status === 0 || status === 503) return new Problem(503, 'Programs cannot be run just now. Please try again in a minute.');
  return new Problem(502, 'Something broke on the server.');
}

/** The task of a page's program. Throws Problem for what is none, or more than readers may ask for. */
export function taskOf(said, { languages, limits, maxFiles }) {
  if (said === null || typeof said !== 'object' || Array.isArray(said)) throw new Problem(400, 'The request is no object.');
  for (const name of Object.keys(said)) if (!KNOWN.has(name)) refuse(name.slice(0, MOST_NAME_CHARS), 'is not for a page: the blog alone decides that');
  for (const name of ['language', 'language_version', 'entry_point', 'idempotency_key']) text(said, name, MOST_NAME_CHARS);
  text(said, 'stdin');
  if (!said.language || (languages && !languages.includes(said.language))) refuse('language', 'cannot be run here');
  if (!Array.isArray(said.files) || said.files.length < 1 || said.files.length > maxFiles) refuse('files', `must be 1 to ${maxFiles} files`);
  said.files.forEach((file, index) => fileOf(file, `files[${index}]`));
  const { args = [], limits: asked = {} } = said;
  if (!Array.isArray(args) || args.length > MOST_ARGS || args.some((one) => typeof one !== 'string')) refuse('args', `must be at most ${MOST_ARGS} strings`);
  return { ...said, limits: limitsOf(asked, limits) };
}

function fileOf(file, path) {
  const isFile = file !== null && typeof file === 'object' && Object.keys(file).every((name) => OF_FILE.has(name));
  if (!isFile) refuse(path, 'must have a name and content or data');
  text(file, 'name', MOST_NAME_CHARS, path);
  text(file, 'content', Infinity, path);
  text(file, 'data', Infinity, path);
}

function limitsOf(asked, most) {
  if (asked === null || typeof asked !== 'object') refuse('limits', 'must be an object');
  for (const [name, value] of Object.entries(asked)) {
    const isFine = Object.hasOwn(most, name) && Number.isSafeInteger(value) && value > 0 && value <= most[name];
    if (!isFine) refuse(`limits.${name.slice(0, MOST_NAME_CHARS)}`, 'is more than readers may use');
  }
  return { ...most, ...asked };
}

function text(said, name, most = Infinity, path = '') {
  const value = said[name];
  const field = path ? `${path}.${name}` : name;
  if (value !== undefined && typeof value !== 'string') refuse(field, 'must be a string');
  if (value?.length > most) refuse(field, `must have at most ${most} characters`);
}

/** Throws Problem. */
export function refuse(field, description) {
  throw new Problem(400, `${field} ${description}`, { violations: [{ field, description }] });
}

/** Token buckets, by reader: so many a minute, and as many at once. */
export class Rates {
  #most;
  #left = new Map();

  constructor(perMinute) {
    this.#most = perMinute;
  }

  /** Counts one. Throws Problem where the reader has none left. */
  take(reader, nowMs) {
    const [left, thenMs] = this.#left.get(reader) ?? [this.#most, nowMs];
    const has = Math.min(this.#most, left + (Math.max(0, nowMs - thenMs) * this.#most) / 60_000);
    this.#left.delete(reader);
    this.#left.set(reader, [has >= 1 ? has - 1 : has, nowMs]);
    if (this.#left.size > MOST_READERS) this.#left.delete(this.#left.keys().next().value);
    if (has >= 1) return;
    const retryAfterMs = Math.ceil(((1 - has) * 60_000) / this.#most);
    throw new Problem(429, 'You ask too often just now. Please wait a moment.', { retryAfterMs });
  }
}

/** The streams that are open, by reader. */
export class Streams {
  #perReader;
  #ofAll;
  #open = new Map();
  #total = 0;

  constructor(perReader, ofAll) {
    this.#perReader = perReader;
    this.#ofAll = ofAll;
  }

  /** Opens one more; what closes it, once. Throws Problem. */
  open(reader) {
    const own = this.#open.get(reader) ?? 0;
    if (own >= this.#perReader || this.#total >= this.#ofAll) throw new Problem(429, 'Too many programs run at once. Please wait for one to end.');
    this.#open.set(reader, own + 1);
    this.#total += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#total -= 1;
      const left = this.#open.get(reader) - 1;
      if (left > 0) this.#open.set(reader, left);
      else this.#open.delete(reader);
    };
  }
}
