// The example of a page, in which a reader presses its buttons.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { CodeRunner } from '@coderunner/client';
import { enliven } from '../../examples/page.js';

const { CODERUNNER_URL, CODERUNNER_TOKEN: token } = process.env;
const HTML = readFileSync(new URL('../../examples/page.html', import.meta.url), 'utf8');

/** A page that has the elements of page.html, and tells of every text that is shown. */
function pageOf(onShown) {
  const elements = new Map();
  for (const [, id] of HTML.matchAll(/ id="(\w+)"/g)) {
    const element = new EventTarget();
    let shown = '';
    element.value = '';
    Object.defineProperty(element, 'textContent', { get: () => shown, set: (text) => onShown(id, (shown = text)) });
    elements.set(id, element);
  }
  return { getElementById: (id) => elements.get(id) };
}

const click = (page, id) => page.getElementById(id).dispatchEvent(new Event('click'));

test('a reader sees what his program prints, and may stop it', { timeout: 60_000 }, async () => {
  const client = new CodeRunner(CODERUNNER_URL, { token });
  let waiting;
  const page = pageOf((id, text) => id === 'status' && waiting?.(text));
  const until = (text) => new Promise((resolve) => (waiting = (shown) => shown === text && resolve()));
  enliven(page, client);
  page.getElementById('code').value = 'print(input())';
  page.getElementById('stdin').value = 'a line';
  click(page, 'run');
  await until('SUCCEEDED');
  click(page, 'run');
  click(page, 'stop');
  await until('stopped');
  await new Promise(setImmediate);
  assert.equal(page.getElementById('output').textContent, '');
  click(page, 'run');
  await until('SUCCEEDED');
  await new Promise(setImmediate);
  assert.equal(page.getElementById('output').textContent, 'a line');
});
