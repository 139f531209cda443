// Colours of every language that is served.

import assert from 'node:assert/strict';
import test from 'node:test';

import { pieces } from '../src/highlight.js';
import { CATALOGUE } from '../languages/catalogue.js';
import { further } from '../languages/languages.js';
import { isFurther, isKnown, languageNamed, LANGUAGES, takeIn, titleOf } from '../src/languages.js';

const USUAL = Object.keys(LANGUAGES);
const NEED_NO_KEYWORDS = ['brainfuck'];
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

const SEEN_FURTHER = {
  ada: [['PROCEDURE Main is -- m\nC : character := \'x\'; X\'First', { keyword: ['PROCEDURE', 'is'], type: ['character'], comment: ['-- m'], string: ["'x'"] }]],
  assembly: [['  MOV eax, [rsp+8] ; c\n%define A "b"', { keyword: ['MOV'], type: ['eax', 'rsp'], number: ['8'], comment: ['; c'], special: ['%define'], string: ['"b"'] }]],
  brainfuck: [['+[-] text', { comment: [' text'] }]],
  clojure: [['(defn half [n] (-> n (/ 2))) ; c\n:a-b', { keyword: ['defn', '->'], comment: ['; c'], special: [':a-b'], number: ['2'] }]],
  cobol: [['       PERFORM VARYING A-IF FROM 1\n000100* all\n           END-PERFORM. *> c', { keyword: ['PERFORM', 'VARYING', 'FROM', 'END-PERFORM'], comment: ['000100* all', '*> c'] }]],
  'common-lisp': [['(DEFUN f (x &optional y) #| a\n" |# (format t "a~%b\nc" x)) ; c', { keyword: ['DEFUN'], special: ['&optional'], comment: ['#| a\n" |#', '; c'], string: ['"a~%b\nc"'], literal: ['t'], type: ['format'] }]],
  csharp: [['var s = @"a\\" + $"{1}"; // c\n#region r', { type: ['var'], string: ['@"a\\"', '$"{1}"'], comment: ['// c'], special: ['#region'] }]],
  d: [['/+ a /+ import std; r"\\"', { comment: ['/+ a /+ import std; r"\\"'] }], ['immutable int x = 1; // c', { keyword: ['immutable'], type: ['int'] }]],
  elixir: [['@doc """\nit "is"\n"""\ndef f(x), do: {:ok, x} # c', { special: ['@doc', ':ok'], keyword: ['def', 'do'], comment: ['# c'] }]],
  erlang: [['-module(m).\nf(X) when X > $a -> "s"; % c', { special: ['-module', 'X', 'X', '$a'], keyword: ['when'], string: ['"s"'], comment: ['% c'] }]],
  forth: [[': half ( n -- m ) 2 / ." ( no" ; \\ c', { keyword: [':', ';'], comment: ['( n -- m )', '\\ c'], string: ['." ( no"'], number: ['2'] }]],
  fortran: [['Integer :: i ! c\nif (i .EQ. 1) PRINT *, "it""s"', { type: ['Integer'], keyword: ['if', 'PRINT'], comment: ['! c'], special: ['.EQ.'] }]],
  haskell: [["f' :: Int -> [Char] -- c\nf' x = if x --> 1 then 'a' else '\\n' {- d\n-}", { type: ['Int', 'Char'], comment: ['-- c', '{- d\n-}'], keyword: ['if', 'then', 'else'], string: ["'a'", "'\\n'"] }]],
  jq: [['def f: .[] | select($x) # c', { keyword: ['def'], type: ['select'], special: ['$x'], comment: ['# c'] }]],
  kotlin: [['@A data class P(val x: Int?) // c\nval s = """a\n"b" """', { special: ['@A'], keyword: ['data', 'class', 'val', 'val'], type: ['Int'], string: ['"""a\n"b" """'], comment: ['// c'] }]],
  lua: [['local s = [[a\n"b]] --[[ c\nd ]] -- e', { keyword: ['local'], string: ['[[a\n"b]]'], comment: ['--[[ c\nd ]]', '-- e'] }]],
  ocaml: [["let f (x : 'a) = 'a' (* c\n*)", { keyword: ['let'], special: ["'a"], string: ["'a'"], comment: ['(* c\n*)'] }]],
  octave: [["x = y' + 'it'; % c\nprintf(\"a\")", { string: ["'it'", '"a"'], comment: ['% c'], type: ['printf'] }]],
  pascal: [["BEGIN { c } writeln('it''s'); (* d *) End.", { keyword: ['BEGIN', 'End'], comment: ['{ c }', '(* d *)'], string: ["'it'", "'s'"], call: ['writeln'] }]],
  perl: [['my @a = $#{$b}; # c\nprint "d\n" unless $x;', { keyword: ['my', 'print', 'unless'], special: ['@a', '$#', '$b', '$x'], comment: ['# c'], string: ['"d\n"'] }]],
  php: [["<?php\n# c\n#[A] echo $x . 'a\nb'; ?>", { special: ['<?php', '#[A', '$x', '?>'], comment: ['# c'], keyword: ['echo'], string: ["'a\nb'"] }]],
  prolog: [['half(X, Y) :- Y is X / 2. % c', { special: ['X', 'Y', ':-', 'Y', 'X'], keyword: ['is'], comment: ['% c'], call: ['half'] }]],
  r: [["my.f <- function(x) paste(x, TRUE) # c\nis.if", { keyword: ['function'], type: ['paste'], literal: ['TRUE'], comment: ['# c'] }]],
  ruby: [['def a?(x) = :sym # c\n=begin\ndef\n=end\n@b.each do |y| end', { keyword: ['def', 'do', 'end'], special: [':sym', '@b'], comment: ['# c', '=begin\ndef\n=end'] }]],
  julia: [["#= a\nb =# function f(x::Int64) # c\n  y = x' * 'd'; @show :e; \"f $x\"; nothing\nend", { comment: ['#= a\nb =#', '# c'], keyword: ['function', 'end'], type: ['Int64'], string: ["'d'", '"f $x"'], special: ['@show'], literal: ['nothing'] }]],
  rust: [["#[derive(Debug)]\nfn f<'a>(x: &'a str) -> char { println!(\"{x}\"); 'b' } // c", { special: ['#[derive(Debug)]', "'a", "'a", 'println!'], keyword: ['fn'], type: ['str', 'char'], string: ['"{x}"', "'b'"], comment: ['// c'] }]],
  scheme: [['(define (f x) (let* ((y #t)) (display y))) ; c', { keyword: ['define', 'let*'], special: ['#t'], type: ['display'], comment: ['; c'] }]],
  racket: [['#lang racket\n(for/list ([i 3]) (add1 i))', { special: ['#lang racket'], keyword: ['for/list'], type: ['add1'], number: ['3'] }]],
  sqlite: [["SELECT count(*) From t WHERE a = 'it''s' -- c", { keyword: ['SELECT', 'From', 'WHERE'], call: ['count'], string: ["'it'", "'s'"], comment: ['-- c'] }]],
  tcl: [['# c\nset x $y; puts "a\n${b c}"', { comment: ['# c'], keyword: ['set', 'puts'], special: ['$y'], string: ['"a\n${b c}"'] }]],
  typescript: [['interface A { readonly b: string } const c = `d`; // e', { keyword: ['interface', 'readonly', 'const'], type: ['string'], string: ['`d`'], comment: ['// e'] }]],
  webassembly: [['(func $f (param i32) (; c ;) i32.const 1) ;; d', { keyword: ['func', 'param'], special: ['$f'], type: ['i32'], comment: ['(; c ;)', ';; d'], number: ['1'] }]],
  zig: [['const s = @as(u8, \'a\'); // c', { keyword: ['const'], special: ['@as'], type: ['u8'], string: ["'a'"], comment: ['// c'] }]],
};

test('a language of the catalogue is known before its colours have come', () => {
  for (const name of ['haskell', 'HS', 'c#', 'common-lisp']) assert.equal(isKnown(name), true);
  assert.equal(isFurther('haskell'), true);
  assert.equal(isFurther('golang'), false);
  assert.equal(languageNamed('hs'), 'hs');
  for (const name of ['text', 'console', 'diff', 'json', 'vhdl', 'constructor']) assert.equal(isKnown(name) || isFurther(name), false, name);
  takeIn(further(LANGUAGES));
  assert.equal(isFurther('haskell'), false);
  assert.equal(languageNamed('Hs'), 'haskell');
  assert.equal(titleOf('csharp'), 'C#');
  assert.equal(LANGUAGES.kotlin.file, 'Main.kt');
  assert.equal(LANGUAGES.assembly.mode, 'nasm');
});

test('every language of the catalogue has keywords', () => {
  assert.deepEqual(Object.keys(LANGUAGES).sort(), [...USUAL, ...Object.keys(CATALOGUE)].sort());
  const without = Object.entries(LANGUAGES).filter(([, { keywords }]) => !(keywords.size > 5)).map(([name]) => name);
  assert.deepEqual(without, NEED_NO_KEYWORDS);
  assert.equal(LANGUAGES.pypy.keywords, LANGUAGES.python.keywords);
  const shouted = Object.values(LANGUAGES).filter(({ isCaseless }) => isCaseless).flatMap(({ keywords }) => [...keywords]).filter((word) => word !== word.toLowerCase());
  assert.deepEqual(shouted, []);
});

for (const [language, samples] of Object.entries({ ...SEEN, ...SEEN_FURTHER })) {
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

test('every usual language has samples here', () => {
  assert.deepEqual(Object.keys(SEEN).sort(), USUAL.sort());
});

test('a language is known by the names that Markdown has for it', () => {
  assert.equal(languageNamed('Py'), 'python');
  assert.equal(languageNamed('c++'), 'cpp');
  assert.equal(languageNamed('VHDL'), 'vhdl');
  assert.equal(isKnown('golang'), true);
  assert.equal(isKnown('vhdl'), false);
  assert.equal(languageNamed('c'), 'c');
});

test('what has no colours of its own has those that are alike in most languages', () => {
  const found = pieces('  -- a\nmain = f("x") + 12', 'vhdl').filter(([kind]) => kind);
  assert.deepEqual(found, [['comment', '  -- a'], ['call', 'f'], ['string', '"x"'], ['number', '12']]);
});

test('a program made to be slow is not', () => {
  const units = [
    '"', '\'\'\'', '/*', '\\', '"\\', 'R"(', '$', '${', '#', ' ', '1', '1_', '1.', 'a', '\n # ', '`\\', '*/', '"""\\', '\n #include <', '--', '(*', '{-', '[[', '=begin', '\n=a', "'a", '#[', '@', ':', 'r#"', '%{', '\n-a', '#|', '\n123456', '( ', '; ', 'a!', '\\\\', '#\\', '$$',
  ];
  const alike = new Map(Object.entries(LANGUAGES).map(([name, { comment, string, special, word }]) => [`${comment}${string}${special}${word}`, name]));
  for (const language of [...alike.values(), 'another']) {
    const chars = USUAL.includes(language) ? 50_000 : 25_000;
    for (const unit of units) {
      const source = unit.repeat(chars / unit.length);
      const one = performance.now();
      assert.equal(pieces(source, language).map(([, text]) => text).join('').length, source.length);
      assert.ok(performance.now() - one < chars * 0.03, `${language}: ${source.slice(0, 8)}`);
    }
  }
});
