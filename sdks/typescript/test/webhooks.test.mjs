// Callbacks as the relay signs them, and as strangers forge them.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';

import { receive, WebhookError } from '@coderunner/client/express';
import { KEYS, signed } from './signed.mjs';

const [SECRET, OTHER] = KEYS;
const BODY = Buffer.from(JSON.stringify({ id: 'task-1', status: 'SUCCEEDED', run: { stdout: '🙂' } }));
const NOW_MS = 1_800_000_000_000;

const refused = (status) => (error) => error instanceof WebhookError && error.status === status;

test('what one of the secrets has signed is received, in bytes', async () => {
  const headers = signed(BODY, SECRET, { nowMs: NOW_MS });
  for (const secrets of [SECRET, SECRET.replace('whsec_', ''), [OTHER, SECRET]]) {
    const { id, execution } = await receive(headers, BODY, secrets, NOW_MS);
    assert.deepEqual([id, execution.status, execution.run.stdout], ['msg-1', 'SUCCEEDED', '🙂']);
  }
  assert.equal((await receive(new Headers(headers), new Uint8Array(BODY), SECRET, NOW_MS)).id, 'msg-1');
});

test('of several signatures one is enough, and strange ones are passed over', async () => {
  const ours = signed(BODY, SECRET, { nowMs: NOW_MS });
  const mixed = { ...ours, 'webhook-signature': `v1a,xx v1,#### v1,AAAA ${ours['webhook-signature']}` };
  assert.equal((await receive(mixed, BODY, SECRET, NOW_MS)).id, 'msg-1');
  const buried = { ...ours, 'webhook-signature': `${'v1,AAAA '.repeat(64)}${ours['webhook-signature']}` };
  await assert.rejects(receive(buried, BODY, SECRET, NOW_MS), refused(401));
});

test('what is not signed, or not so, or not now, is refused', async () => {
  const ours = signed(BODY, SECRET, { nowMs: NOW_MS });
  const changed = Buffer.from(BODY.toString().replace('SUCCEEDED', 'FAILED'));
  const cases = [
    [{}, BODY, NOW_MS],
    [ours, changed, NOW_MS],
    [signed(BODY, OTHER, { nowMs: NOW_MS }), BODY, NOW_MS],
    [{ ...ours, 'webhook-id': 'msg-2' }, BODY, NOW_MS],
    [{ ...ours, 'webhook-timestamp': '1800000001' }, BODY, NOW_MS],
    [{ ...ours, 'webhook-timestamp': '-1' }, BODY, NOW_MS],
    [{ ...ours, 'webhook-timestamp': '9'.repeat(13) }, BODY, NOW_MS],
    [{ ...ours, 'webhook-signature': 'v1,' + 'A'.repeat(4000) }, BODY, NOW_MS],
    [{ ...ours, 'webhook-signature': ['v1,AAAA'] }, BODY, NOW_MS],
    [ours, BODY, NOW_MS + 301_000],
    [ours, BODY, NOW_MS - 301_000],
  ];
  for (const [headers, body, nowMs] of cases) await assert.rejects(receive(headers, body, SECRET, nowMs), refused(401), JSON.stringify(headers));
});

test('what is signed and is no execution is refused, and progress is told as that', async () => {
  for (const said of ['', '{', 'null', '[]', '"x"', '{}', '{"id": 7, "status": "SUCCEEDED"}', '\xff']) {
    const body = Buffer.from(said, 'latin1');
    await assert.rejects(receive(signed(body, SECRET, { nowMs: NOW_MS }), body, SECRET, NOW_MS), refused(400), said);
  }
  const body = Buffer.from(JSON.stringify({ type: 'execution.running', data: { event: 'RUNNING', execution: { id: 'a' } } }));
  const { progress, execution } = await receive(signed(body, SECRET, { nowMs: NOW_MS }), body, SECRET, NOW_MS);
  assert.deepEqual([progress.event, execution], ['RUNNING', undefined]);
});

test('a body that is too large is refused before it is looked at', async () => {
  await assert.rejects(receive({}, { length: 16 * 1024 * 1024 + 1 }, SECRET), refused(413));
});

test('secrets that are none are told', async () => {
  for (const secrets of [undefined, '', [], ['whsec_'], 'whsec_#', [SECRET, '']]) await assert.rejects(receive({}, BODY, secrets), TypeError);
});

test('the signature is that of the standard: of id, time and body', async () => {
  const key = Buffer.from(SECRET.replace('whsec_', ''), 'base64');
  const at = Math.floor(NOW_MS / 1000);
  const signature = createHmac('sha256', key).update(`msg-1.${at}.`).update(BODY).digest('base64');
  assert.equal(signed(BODY, SECRET, { nowMs: NOW_MS })['webhook-signature'], `v1,${signature}`);
});
