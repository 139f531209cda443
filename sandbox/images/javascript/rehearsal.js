'use strict';

// A typical program, run once in the interpreter before it waits: what it uses is then compiled; see bootstrap.js.

const { Console } = require('console');
const { Writable } = require('stream');

const nowhere = new Writable({ write: (chunk, encoding, done) => done() });
new Console(nowhere).log('%s', 'text', 1, [1], { a: 1 }, new Map([[1, 2]]), `${[1, 2].map((n) => n * 2)}`);
