'use strict';

// What is loaded before a program for which no interpreter waited: `node --require cold.js main.js`. It finds the same
// standard streams as one that bootstrap.js starts, and tells where it is at the same signal. A program's worker threads load this file, too.

const path = require('path');
const { isMainThread } = require('worker_threads');

if (isMainThread) {
  require('./streams.js');
  process.dlopen({ exports: {} }, path.join(__dirname, 'stack_dump.node'));
}
require('./traces.js')();
