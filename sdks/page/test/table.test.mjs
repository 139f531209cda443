// Tables that programs leave.

import assert from 'node:assert/strict';
import test from 'node:test';

import { cellsOf } from '../files/table.js';

test('cells are told apart as RFC 4180 has it', () => {
  assert.deepEqual(cellsOf('a,b\r\n1,"x, ""y""\nz"\n,\n'), [['a', 'b'], ['1', 'x, "y"\nz'], ['', '']]);
  assert.deepEqual(cellsOf('a\tb,c', '\t'), [['a', 'b,c']]);
  assert.deepEqual(cellsOf(''), [['']]);
  assert.deepEqual(cellsOf('"never ends, 1\n2'), [['never ends, 1\n2']]);
  assert.deepEqual(cellsOf('"a"b,c'), [['a"b', 'c']]);
});

test('a table has an end, however much a program writes', () => {
  const started = performance.now();
  const rows = cellsOf('1,'.repeat(100_000) + '\n' + '"'.repeat(100_000) + '\n1'.repeat(100_000));
  assert.ok(rows.length <= 200 && rows.every((row) => row.length <= 40));
  assert.ok(performance.now() - started < 1000);
});
