// Large content: what is put once and named by digest, and files that did not come with their results.

import { cryptography } from './keys.js';

export const BLOBS = '/v1/blobs';
/** For one blob, beside the usual time. */
export const BLOB_MS = 150_000;

/** The bytes of a content. */
export async function bytesOf(content) {
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (typeof content === 'string') return new TextEncoder().encode(content);
  if (typeof content?.arrayBuffer === 'function') return new Uint8Array(await content.arrayBuffer());
  throw new TypeError('a content is a string, a Uint8Array, an ArrayBuffer, a Blob or a File');
}

/** `sha256:` and 64 hexadecimal digits; undefined where there is nothing that makes it (a page without TLS). */
export async function digestOf(bytes) {
  const { subtle } = await cryptography();
  if (!subtle) return undefined;
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** What a file of a result holds, where that has it. */
export function inlineOf(file) {
  return Uint8Array.from(atob(file.data), (character) => character.charCodeAt(0));
}
