// The names by which a blog's readers know their runs: made with a secret, so that every process of a backend knows them,
// nobody guesses one, and nothing has to be stored.

import { cryptography } from './keys.js';

const HANDLE = /^([\w-]{1,64})\.([\w-]{22})$/; // 132 bits
const UUID7 = /^([0-9a-f]{8}-[0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOST_KEY_CHARS = 128;

/** What is made with one secret: handles, and what is told of readers to the gateway. */
export class Handles {
  #secret;
  #key;

  constructor(secret) {
    if (typeof secret !== 'string' || secret.length < 8) throw new TypeError('a backend needs a secret: its token will do');
    this.#secret = secret;
  }

  /** The name of a run for its reader: the task's id, and a tag. */
  async handle(id) {
    return `${id}.${await this.#tag(id)}`;
  }

  /** The id of the task; undefined for a handle that was not made here. */
  async idOf(handle) {
    const [, id, tag] = HANDLE.exec(handle) ?? [];
    return id !== undefined && isSame(tag, await this.#tag(id)) ? id : undefined;
  }

  /** What the gateway is told of a reader: the same for the same one, and nothing of the address or the name. */
  async reader(name) {
    return hex((await this.#digest('reader', name)).subarray(0, 16));
  }

  /** A page's key within its reader's own. A UUID of version 7 keeps its time, by which a recent one is known. */
  async key(reader, key) {
    if (key.length > MOST_KEY_CHARS) throw new RangeError(`must have at most ${MOST_KEY_CHARS} characters`);
    const own = hex(await this.#digest('key', (await this.reader(reader)) + key));
    const time = UUID7.exec(key)?.[1];
    return time ? `${time}-7${own.slice(0, 3)}-8${own.slice(3, 6)}-${own.slice(6, 18)}` : own.slice(0, 32);
  }

  async #tag(id) {
    const text = String.fromCharCode(...(await this.#digest('handle', id)));
    return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').slice(0, 22);
  }

  async #digest(purpose, text) {
    const { subtle } = await cryptography();
    const bytes = (words) => new TextEncoder().encode(words);
    this.#key ??= subtle.importKey('raw', bytes(this.#secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', await this.#key, bytes(`${purpose}\0${text}`)));
  }
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** In a time that tells nothing of where they differ. */
function isSame(one, other) {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}
