// The receiving end of callbacks: the check of a Standard Webhooks signature (https://www.standardwebhooks.com).

import { cryptography } from './keys.js';

const MOST_CHARS = { 'webhook-id': 256, 'webhook-timestamp': 12, 'webhook-signature': 2048 };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const TOLERANCE_S = 300;
const MOST_SIGNATURES = 16;

/** Twice as large as a result may be on CodeRunner's bus. */
export const MOST_CALLBACK_BYTES = 16 * 1024 * 1024;

/** A request that is no callback which may be believed; `status` is what to answer. Its words hold nothing of secrets. */
export class WebhookError extends Error {
  constructor(message, status) {
    super(message);
    this.name = 'WebhookError';
    this.status = status;
  }
}

/**
 * What a callback tells of: `{id, execution}`, or `{id, progress}` of a task that has not ended, where its callback asked
 * for that. `id` is the same each time that a callback comes. `body` is as it came, in bytes; `secrets`: of several, any
 * one may have signed. Throws WebhookError; TypeError for secrets that are none.
 */
export async function receive(headers, body, secrets, nowMs = Date.now()) {
  const keys = keysOf(secrets);
  if (body.length > MOST_CALLBACK_BYTES) throw new WebhookError(`a callback has at most ${MOST_CALLBACK_BYTES} bytes`, 413);
  const id = await verifiedId(headers, body, keys, nowMs);
  const said = saidIn(body);
  if (said.type !== undefined && said.data !== undefined) return { id, progress: said.data };
  if (typeof said.id !== 'string' || typeof said.status !== 'string') throw new WebhookError('the body is no execution', 400);
  return { id, execution: said };
}

/** The keys of secrets: base64, with or without `whsec_` before it. Throws TypeError where one is none, or there is none. */
export function keysOf(secrets) {
  const texts = typeof secrets === 'string' ? [secrets] : Array.from(secrets ?? []);
  if (texts.length === 0) throw new TypeError('there is no secret to verify callbacks by');
  return texts.map((text, index) => {
    const digits = String(text).replace(/^whsec_/, '');
    if (!BASE64.test(digits)) throw new TypeError(`secret ${index + 1} is not base64, with or without whsec_ before it`);
    return bytesOfBase64(digits);
  });
}

async function verifiedId(headers, body, keys, nowMs) {
  const [id, timestamp, signatures] = Object.keys(MOST_CHARS).map((name) => headerOf(headers, name));
  if (!/^\d+$/.test(timestamp)) throw new WebhookError('webhook-timestamp is no number', 401);
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  if (!(await isSigned(signed, signatures, keys))) throw new WebhookError('no signature is of a secret that is known here', 401);
  const awayMs = Math.abs(nowMs - Number(timestamp) * 1000);
  if (awayMs > TOLERANCE_S * 1000) throw new WebhookError("it was signed too long ago, or ahead of this machine's clock", 401);
  return id;
}

async function isSigned(signed, signatures, keys) {
  const sent = signatures.split(' ').filter((one) => one.startsWith('v1,') && BASE64.test(one.slice(3))).slice(0, MOST_SIGNATURES);
  const { subtle } = await cryptography();
  for (const bytes of keys) {
    const key = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const one of sent) if (await subtle.verify('HMAC', key, bytesOfBase64(one.slice(3)), signed)) return true;
  }
  return false;
}

function headerOf(headers, name) {
  const found = typeof headers.get === 'function' ? headers.get(name) : headers[name];
  if (typeof found !== 'string' || found.length === 0 || found.length > MOST_CHARS[name]) {
    throw new WebhookError(`${name} is missing or too long`, 401);
  }
  return found;
}

function saidIn(body) {
  let said;
  try {
    said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new WebhookError('the body is no JSON', 400);
  }
  if (said === null || typeof said !== 'object') throw new WebhookError('the body is no execution', 400);
  return said;
}

function bytesOfBase64(digits) {
  try {
    return Uint8Array.from(atob(digits), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(1); // of a length that base64 does not have: it fits nothing
  }
}
