'use strict';

// A program like others, run once in an interpreter that waits; see bootstrap.js.

const { Console } = require('console');
const { Writable } = require('stream');

const nowhere = new Writable({ write: (chunk, encoding, done) => done() });
new Console(nowhere).log('%s', 'text', 1, [1], { a: 1 }, new Map([[1, 2]]), `${[1, 2].map((n) => n * 2)}`);
