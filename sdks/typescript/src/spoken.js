// What was said to a program, by number: kept, so that it can be said again.

const SAID_BYTES = 64 * 1024;
const SAID_UNITS = 16 * 1024; // of a text: each has three bytes at most
const MAX_INPUT_BYTES = 1024 * 1024;
const MAX_THINGS = 65_536;
const BASE64_BYTES = 0x6000; // a multiple of three, so that pieces can be put together

/** All that was said. A node that begins the task anew, because another one died, is told all of it again. */
export class Spoken {
  #said = [];
  #bytes = 0;
  #next = 0;
  #taken = 0;
  #attempt = 0;

  /** Says input, in as many pieces as it takes. Throws RangeError where that is more than a program may be told. */
  write(data) {
    const isText = typeof data === 'string';
    if (!isText && !(data instanceof Uint8Array)) throw new TypeError('input is a string or a Uint8Array');
    const bytes = isText ? new TextEncoder().encode(data) : data;
    if (this.#bytes + bytes.length > MAX_INPUT_BYTES) throw new RangeError('a program takes 1 MiB of input at most');
    this.#bytes += bytes.length;
    const pieces = isText ? textPieces(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) : bytePieces(bytes);
    for (const what of pieces) this.say(what);
  }

  /** Says one thing. Throws RangeError as `write`. */
  say(what) {
    if (this.#said.length >= MAX_THINGS) throw new RangeError('a program is told 65,536 things at most');
    this.#said.push({ number: this.#said.length + 1, ...what });
  }

  /** The node has all up to this number; a new attempt goes on from there. */
  taken({ number, attempt }) {
    if (attempt !== this.#attempt) this.#next = Math.min(number, this.#said.length);
    this.#attempt = attempt;
    this.#taken = number;
  }

  /** Whether a node has all of it. */
  get isTaken() {
    return this.#taken >= this.#said.length;
  }

  /** A new connection is told what is not known to be taken. */
  startOver() {
    this.#next = Math.min(this.#taken, this.#said.length);
  }

  /** What is to be sent. */
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
