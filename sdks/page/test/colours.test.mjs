// Colours of every language that is served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { pieces } from '../src/highlight.js';
import { isKnown, languageNamed, LANGUAGES } from '../src/languages.js';

const SEEN = {
  python: [
    ['x = f"a {b}" # c', { string: ['f"a {b}"'], comment: ['# c'] }],
    ['"""a\n"b" """ + \'\'\'c\'\'\'', { string: ['"""a\n"b" """', "'''c'''"] }],
    ['@cached\ndef half(n: int): return n / 2_0.5e-3', { keyword: ['def', 'return'], call: ['half'], number: ['2_0.5e-3'] }],
    ['größe = None if naïve_def else True', { keyword: ['if', 'else'], literal: ['None', 'True'] }],
    ['"not # a comment"', { string: ['"not # a comment"'], comment: undefined }],
    ['"open\nreturn', { string: ['"open'], keyword: ['return'] }],
  ],
  javascript: [
    ['const f = async (x) => `a ${x}\nb`; // c', { keyword: ['const', 'async'], string: ['`a ${x}\nb`'], comment: ['// c'] }],
    ['/* a\n// b */ null', { comment: ['/* a\n// b */'], literal: ['null'] }],
  ],
  java: [
    ['@Override public String s() { return """\n  a "b" """; }', { special: ['@Override'], keyword: ['public', 'return'], string: ['"""\n  a "b" """'] }],
    ['long x = 0xFFL; boolean b = true;', { type: ['long', 'boolean'], number: ['0xFFL'], literal: ['true'] }],
  ],
  cpp: [
    ['#include <vector> // v', { special: ['#include <vector>'], comment: ['// v'] }],
    ['auto s = R"(a "b" \\)"; int n = 1\'000;', { type: ['auto', 'int'], string: ['R"(a "b" \\)"'], number: ["1'000"] }],
  ],
  c: [
    ['#include <stdio.h>\nint main(void) { return 0; }', { special: ['#include <stdio.h>'], type: ['int', 'void'], keyword: ['return'], call: ['main'], number: ['0'] }],
  ],
  go: [
    ['func f() string { return `a\n"b"` + "c" }', { keyword: ['func', 'return'], type: ['string'], string: ['`a\n"b"`', '"c"'] }],
  ],
  bash: [
    ['echo "a $b" ${c:-d} $# # e', { string: ['"a $b"'], special: ['${c:-d}', '$#'], comment: ['# e'] }],
    ["if [ 'a\nb' ]; then x=$1; fi", { keyword: ['if', 'then', 'fi'], string: ["'a\nb'"], special: ['$1'] }],
  ],
};

for (const [language, samples] of Object.entries(SEEN)) {
  test(`${language} has its colours`, () => {
    for (const [source, expected] of samples) {
      const found = pieces(source, language);
      assert.equal(found.map(([, text]) => text).join(''), source);
      for (const [kind, texts] of Object.entries(expected)) {
        const all = found.filter(([one]) => one === kind).map(([, text]) => text);
        assert.deepEqual(all, texts ?? [], `${kind} of ${source}`);
      }
    }
  });
}

test('every language that is served has samples here', () => {
  assert.deepEqual(Object.keys(SEEN).sort(), Object.keys(LANGUAGES).sort());
});

test('a language is known by the names that Markdown has for it', () => {
  assert.equal(languageNamed('Py'), 'python');
  assert.equal(languageNamed('c++'), 'cpp');
  assert.equal(languageNamed('Haskell'), 'haskell');
  assert.equal(isKnown('golang'), true);
  assert.equal(isKnown('haskell'), false);
  assert.equal(languageNamed('c'), 'c');
});

test('what has no colours of its own has those that are alike in most languages', () => {
  const found = pieces('  -- a\nmain = f("x") + 12', 'haskell').filter(([kind]) => kind);
  assert.deepEqual(found, [['comment', '  -- a'], ['call', 'f'], ['string', '"x"'], ['number', '12']]);
});

test('a program made to be slow is not', () => {
  const units = [
    '"', '\'\'\'', '/*', '\\', '"\\', 'R"(', '$', '${', '#', ' ', '1', '1_', '1.', 'a', '\n # ', '`\\', '*/', '"""\\', '\n #include <',
  ];
  const hostile = units.map((unit) => unit.repeat(50_000 / unit.length));
  for (const language of [...Object.keys(LANGUAGES), 'another']) for (const source of hostile) {
    const one = performance.now();
    assert.equal(pieces(source, language).map(([, text]) => text).join('').length, source.length);
    assert.ok(performance.now() - one < 1500, `${language}: ${source.slice(0, 8)}`);
  }
});
