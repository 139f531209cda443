// The pieces of a stream: events that are cut anywhere, output that overlaps.

import assert from 'node:assert/strict';
import test from 'node:test';

import { EventParser } from '../src/event_parser.js';
import { ToldOutput } from '../src/told_output.js';
import { output } from './scripted_server.mjs';

const STREAM =
  ': \n\nretry: 1000\n\nevent: state\nid: 1\ndata: {"a":\ndata: 1}\n\n' +
  'data:bare\r\n\r\nevent\nid\nother: x\n\ndata: last';
const EVENTS = [
  { name: 'state', id: '1', data: '{"a":\n1}' },
  { name: '', id: undefined, data: 'bare' },
];

test('events are the same wherever the stream is cut, and what has not ended is none', () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const parser = new EventParser();
    assert.deepEqual([...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))], EVENTS, `at ${cut}`);
  }
  const parser = new EventParser();
  assert.deepEqual([...STREAM].flatMap((letter) => parser.push(letter)), EVENTS);
});

test('an event that does not end is given up', () => {
  const parser = new EventParser();
  const much = 'x'.repeat(64 * 1024 * 1024);
  assert.throws(() => Array(6).fill(much).forEach((piece) => parser.push(piece)), { name: 'CodeRunnerError' });
});

test('a long event in small pieces takes time that is linear in its length', () => {
  const seconds = (pieces) => {
    const parser = new EventParser();
    const begun = performance.now();
    parser.push('data: ');
    for (let i = 0; i < pieces; i++) parser.push('x'.repeat(100));
    assert.equal(parser.push('\n\n')[0].data.length, pieces * 100);
    return performance.now() - begun;
  };
  seconds(20_000);
  assert.ok(seconds(200_000) < 60 * Math.max(seconds(20_000), 2));
});

const told = (...pieces) => {
  const account = new ToldOutput();
  return pieces.map(([offset, text]) => account.news(output(offset, text)).map((one) => [one.offset, one.text]));
};

test('of a piece that overlaps, what is new is told', () => {
  assert.deepEqual(told([0, 'abc'], [0, 'abc'], [2, 'cde'], [1, 'b']), [[[0, 'abc']], [], [[3, 'de']], []]);
  assert.deepEqual(told([4, 'ef'], [8, 'ij'], [0, 'abcdefghijkl'], [0, 'abcdefghijkl']), [
    [[4, 'ef']],
    [[8, 'ij']],
    [[0, 'abcd'], [6, 'gh'], [10, 'kl']],
    [],
  ]);
  assert.deepEqual(told([5, ''], [6, 'g'], [0, 'abcdef'], [2, 'cdefgh']), [[], [[6, 'g']], [[0, 'abcdef']], [[7, 'h']]]);
});

test('offsets count characters as the gateway does: an emoji is one', () => {
  assert.deepEqual(told([0, '🙂a'], [2, '🙃'], [1, 'a🙃🙂!']), [[[0, '🙂a']], [[2, '🙃']], [[3, '🙂!']]]);
});

test('stages, streams and attempts are accounts of their own', () => {
  const account = new ToldOutput();
  const isNew = (more) => account.news(output(0, 'x', more)).length === 1;
  assert.ok(isNew({}) && isNew({ stream: 'stderr' }) && isNew({ stage: 'case:0' }) && isNew({ attempt: 2 }));
  assert.ok(!isNew({ attempt: 2 }) && !isNew({ attempt: 1, stage: 'case:7' }));
});

test('any pieces in any order are told once, and wholly', () => {
  const whole = 'a🙂bc🙃defgh'.repeat(5);
  const points = [...whole];
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 200; round++) {
    const account = new ToldOutput();
    const heard = new Map();
    const take = (offset, text) => {
      for (const news of account.news(output(offset, text))) {
        [...news.text].forEach((point, at) => {
          assert.ok(!heard.has(news.offset + at), 'told twice');
          heard.set(news.offset + at, point);
        });
      }
    };
    for (let piece = 0; piece < 8; piece++) {
      const offset = random(points.length);
      take(offset, points.slice(offset, offset + random(12)).join(''));
    }
    take(0, whole);
    assert.equal(points.map((_, at) => heard.get(at)).join(''), whole);
  }
});
