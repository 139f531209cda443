// What comes from programs, made ready to be shown.

import assert from 'node:assert/strict';
import test from 'node:test';

import { AfterMark } from '../src/after_mark.js';
import { Plain } from '../src/ansi.js';
import { findings } from '../src/error_lines.js';
import { compared } from '../src/exercise.js';
import { ToldOutput } from '../src/told_output.js';
import { textsOf, verdictOf } from '../src/verdict.js';
import { learn, said, WORDS } from '../src/words.js';

const piece = (offset, text, more = {}) => ({ stage: 'run', stream: 'stdout', offset, text, attempt: 1, ...more });
const finding = (line, more = {}) => ({ stage: 'run', file: 'main.py', line, column: 1, severity: 'ERROR', message: 'm', code: '', ...more });
const stage = (more = {}) => ({ exit_code: 0, signal: null, stdout: '', stderr: '', wall_ms: 12.34, peak_memory_bytes: 0, ...more });

test('what came before is not shown again', () => {
  const told = new ToldOutput();
  assert.equal(told.news(piece(0, 'a🙂')), 'a🙂');
  assert.equal(told.news(piece(0, 'a🙂')), '');
  assert.equal(told.news(piece(1, '🙂b')), 'b');
  assert.equal(told.news(piece(0, 'err', { stream: 'stderr' })), 'err');
  assert.equal(told.isGappy, false);
  assert.equal(told.news(piece(9, 'z')), 'z');
  assert.equal(told.isGappy, true);
});

test('another attempt begins anew, and the one before it is not heard any more', () => {
  const told = new ToldOutput();
  assert.equal(told.begins(piece(0, 'ab')), false);
  told.news(piece(0, 'ab'));
  assert.equal(told.begins(piece(0, 'a', { attempt: 2 })), true);
  assert.equal(told.news(piece(0, 'a', { attempt: 2 })), 'a');
  assert.equal(told.begins(piece(2, 'c')), false);
  assert.equal(told.news(piece(2, 'c')), '');
});

test('what is meant for a terminal is taken out, wherever the pieces were cut', () => {
  const text = 'a\x1b[31mred\x1b[0m\x1b]0;title\x07 b\x1b(B\x00\x07c\r\nd\x1b[2K';
  for (let at = 0; at <= text.length; at++) {
    const plain = new Plain();
    assert.equal(plain.push(text.slice(0, at)) + plain.push(text.slice(at)), 'ared bc\nd', `cut at ${at}`);
  }
});

test('a sequence without an end costs no more than its length', () => {
  const plain = new Plain();
  const began = performance.now();
  for (let i = 0; i < 2000; i++) plain.push('\x1b]0;' + 'x'.repeat(1000));
  assert.ok(performance.now() - began < 5000);
});

test('a program has its own output behind whatever other blocks print, wherever the pieces were cut', () => {
  const text = 'before --\n-- 12 --\nown -- 12 --\n';
  for (let at = 0; at <= text.length; at++) {
    const own = new AfterMark('-- 12 --');
    assert.equal(own.push(text.slice(0, at)) + own.push(text.slice(at)), 'own -- 12 --\n', `cut at ${at}`);
    assert.equal(own.rest(), '');
  }
  assert.equal(new AfterMark('').push(text), text);
});

test('of what comes before it only the beginning is kept, which is shown where nothing else comes', () => {
  const own = new AfterMark('-- 12 --');
  const began = performance.now();
  for (let i = 0; i < 200_000; i++) assert.equal(own.push('x\n'), '');
  assert.ok(performance.now() - began < 5000);
  assert.equal(own.push('-- 12 --'), '');
  assert.equal(own.push('\nown'), 'own');
  assert.equal(own.rest(), '');
  const unmarked = new AfterMark('-- 12 --');
  for (const piece of ['abc', 'd'.repeat(200_000), 'e']) assert.equal(unmarked.push(piece), '');
  assert.equal(unmarked.rest(), `abc${'d'.repeat(99_998)}`);
  assert.equal(unmarked.rest(), '');
});

test('findings are put on the lines of the editor', () => {
  const told = { diagnostics: [finding(12), finding(3), finding(14), finding(12, { file: 'lib.py' }), finding(0, { message: 'time limit' }), finding(11, { severity: 'NOTE' })] };
  const found = findings(told, { before: 10, lines: 3, files: ['lib.py'] });
  assert.deepEqual(found.map(({ line }) => line), [2, 0, 0, 0, 0]);
  assert.deepEqual(findings({}, { lines: 3 }), []);
});

test('an error that was thrown has its name', () => {
  const message = (more) => findings({ diagnostics: [finding(1, more)] }, { lines: 1 })[0].message;
  assert.equal(message({ code: 'KeyError', message: "'x'" }), "KeyError: 'x'");
  assert.equal(message({ code: '-Wunused', message: 'unused x' }), 'unused x');
});

test('an exercise is right where only white space at ends differs', () => {
  assert.deepEqual(compared('a \nb\n\n', 'a\nb'), { isRight: true, rows: [] });
  assert.equal(compared('', '').isRight, true);
  assert.equal(compared('a', 'b').isRight, false);
  assert.equal(compared(' a', 'a').isRight, false);
});

test('what differs is shown with the lines beside it', () => {
  const { rows } = compared('1\n2\nx\n4\n5\n6\n7', '1\n2\n3\n4\n5\n6\n7\n8');
  assert.deepEqual(rows.map(({ kind, text }) => `${kind} ${text}`.trim()), [
    'same 2', 'missing 3', 'extra x', 'same 4', 'cut', 'same 7', 'missing 8',
  ]);
});

test('of very much only the first difference is shown', () => {
  const many = Array.from({ length: 100_000 }, (_, at) => at);
  const other = [...many];
  other[70_000] = 'x';
  assert.deepEqual(compared(other.join('\n'), many.join('\n')).rows.map(({ kind }) => kind), ['missing', 'extra', 'cut']);
  const nothingAlike = compared(Array(400).fill('a').join('\n'), Array(400).fill('b').join('\n'));
  assert.equal(nothingAlike.rows.length, 41);
});

test('how a run ended is said in words', () => {
  const verdict = (status, run, more) => verdictOf({ status, run, compile: null, ...more });
  assert.deepEqual(verdict('SUCCEEDED', stage({ peak_memory_bytes: 1048576 * 9.06 })), { isWell: true, words: 'Done', facts: ['12 ms', '9.1 MiB'] });
  assert.equal(verdict('FAILED', stage({ exit_code: 3 })).words, 'Exit code 3');
  assert.equal(verdict('FAILED', stage({ exit_code: null, signal: 11 })).words, 'Ended by signal 11');
  assert.equal(verdict('COMPILE_ERROR', null).words, 'Does not compile');
  assert.equal(verdict('REJECTED', null, { error: 'why' }).words, 'Refused: why');
  assert.equal(verdict('SOMETHING_NEW', null).words, 'SOMETHING_NEW');
  assert.deepEqual(verdict('SUCCEEDED', stage({ wall_ms: 2345, stdout_truncated: true }), { cached_at_ms: 5 }).facts, ['2.3 s', 'output cut', 'kept result']);
});

test('every state that a task ends in has words', () => {
  for (const status of ['SUCCEEDED', 'FAILED', 'COMPILE_ERROR', 'TIME_LIMIT', 'MEMORY_LIMIT', 'OUTPUT_LIMIT', 'CANCELLED', 'EXPIRED', 'REJECTED', 'INTERNAL_ERROR']) {
    assert.ok(WORDS[status], status);
  }
});

test('the texts of a result are pieces of output', () => {
  const texts = textsOf({ compile: stage({ stderr: 'w' }), run: stage({ stdout: 'o' }), attempt: 2 });
  assert.deepEqual(texts.filter(({ text }) => text).map(({ stage: name, stream, text }) => [name, stream, text]), [['compile', 'stderr', 'w'], ['run', 'stdout', 'o']]);
});

test('a page has words of its own, and none that are no words', () => {
  learn({ line: 'Zeile {line}', run: 5, unknown: 'x' });
  assert.equal(said('line', { line: 3 }), 'Zeile 3');
  assert.equal(WORDS.run, 'Run');
  assert.equal('unknown' in WORDS, false);
  learn(null);
});

test('empty lines before and behind count no more than white space at the ends of lines', () => {
  assert.equal(compared('\n \n 1 \n2\n\n', ' 1\n2').isRight, true);
  assert.equal(compared('1', ' 1').isRight, false);
  assert.equal(compared(`a${'\n'.repeat(100_000)}b`, '').isRight, false);
});
