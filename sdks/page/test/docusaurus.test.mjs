// The plug-in for Docusaurus, as Docusaurus asks it in Node.js; and, as its client module, in a page that is made of the
// little of a document that it touches.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const plugin = createRequire(import.meta.url)('../docusaurus.cjs');

test('a page has the script, its settings and its theme', () => {
  const { headTags, preBodyTags } = plugin({}, { url: 'https://run.example/', key: 'crp_k', theme: 'dark' }).injectHtmlTags();
  assert.deepEqual(headTags[0].attributes, { src: 'https://run.example/page/code-runner.js', defer: true });
  assert.match(headTags[1].innerHTML, /color-scheme: dark/);
  assert.deepEqual(preBodyTags, ['<code-runner-settings url="https://run.example" key="crp_k" data-attach=""></code-runner-settings>']);
});

test('what a site says is no HTML', () => {
  const { preBodyTags } = plugin({}, { url: '/code"><script>', selector: 'a > "b"' }).injectHtmlTags();
  assert.deepEqual(preBodyTags, ['<code-runner-settings url="/code&quot;>&lt;script>" data-attach="a > &quot;b&quot;"></code-runner-settings>']);
});

test('what cannot be used ends the build in words', () => {
  for (const options of [undefined, {}, { url: 'run.example' }, { url: '/', key: 'crk_secret' }, { url: '/', theme: 'blue' }]) {
    assert.throws(() => plugin({}, options), /@coderunner\/page\/docusaurus/);
  }
});

test('it is its own client module', () => {
  assert.deepEqual(plugin({}, { url: '/code' }).getClientModules().map((path) => path.split('/').pop()), ['docusaurus.cjs']);
});

test("blocks are attached once they are React's own, and on every page anew", () => {
  const frames = [];
  const settings = { dataset: { attach: 'pre' }, setAttribute: (name, value) => (settings[name] = value) };
  const pre = {};
  const attached = [];
  globalThis.requestAnimationFrame = (next) => frames.push(next);
  globalThis.document = {
    documentElement: { dataset: {} }, body: { prepend: (one) => attached.push(one) },
    querySelector: () => settings, querySelectorAll: () => [pre],
  };
  const pass = () => frames.splice(0).forEach((next) => next());
  plugin.onRouteDidUpdate();
  pass();
  globalThis.document.documentElement.dataset.hasHydrated = 'true';
  pass();
  assert.deepEqual([attached.length, frames.length], [0, 1]);
  pre.__reactFiber$x = {};
  pass();
  assert.deepEqual([attached, settings.attach, frames.length], [[settings], 'pre', 0]);
  plugin.onRouteDidUpdate();
  pass();
  assert.equal(attached.length, 2);
  delete pre.__reactFiber$x;
  plugin.onRouteDidUpdate();
  for (let frame = 0; frames.length > 0; frame += 1) {
    assert.ok(frame < 1000, 'it does not wait for ever for a block of plain HTML');
    pass();
  }
  assert.equal(attached.length, 3);
});
