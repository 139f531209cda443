// Callbacks as CodeRunner's relay signs them.

import { createHmac } from 'node:crypto';

export const KEYS = ['one', 'other'].map((name) => `whsec_${Buffer.from(`${name} secret of a gateway's callbacks`).toString('base64')}`);

/** The headers of a callback with that body. */
export function signed(body, secret, { id = 'msg-1', nowMs = Date.now() } = {}) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const at = String(Math.floor(nowMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}`, 'content-type': 'application/json' };
}
