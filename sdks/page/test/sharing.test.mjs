// Links with a reader's program in them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { deflateRawSync } from 'node:zlib';

import { linked, linkTo, offered } from '../src/share.js';

const PAGE = 'https://blog.example/post?x=1#heading';

test('a link brings the program to its element, and to no other', async () => {
  for (const source of ['print("größer 🙂")\n', '', 'x'.repeat(100_000), '語'.repeat(100_000)]) {
    const link = await linkTo(PAGE, 'the.one/two', source);
    assert.ok(link.startsWith('https://blog.example/post?x=1#run='));
    assert.equal(await linked(link, 'the.one/two'), source);
    assert.equal(await linked(link, 'another'), undefined);
  }
});

test('what is no such link brings nothing', async () => {
  for (const hash of ['', '#heading', '#run=0', '#run=0.', '#run=0.AAAA', '#run=0.%00', '#run=%E0%A4%A.AAAA', '#run=0.____', `#run=0.${'A'.repeat(100_000)}`]) {
    assert.equal(await linked(`https://blog.example/${hash}`, '0'), undefined, hash);
  }
});

test('of a program that no page would take from its link there is none, and that is said', async () => {
  const link = await linkTo(PAGE, '0', 'x'.repeat(100_001));
  assert.equal(link, undefined);
  assert.equal(await offered(link), 'Too long for a link');
});

test('a link that would become very long is not read to its end', async () => {
  const packed = deflateRawSync('x'.repeat(50_000_000)).toString('base64url');
  assert.ok(packed.length < 100_000);
  assert.equal(await linked(`${PAGE.split('#')[0]}#run=0.${packed}`, '0'), undefined);
});
