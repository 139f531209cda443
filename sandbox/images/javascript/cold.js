'use strict';

// What is loaded before a program for which no interpreter waited: `node --require cold.js main.js`. It finds the same
// standard streams as one that bootstrap.js starts. A program's worker threads load this file, too.

const { isMainThread } = require('worker_threads');

if (isMainThread) require('./streams.js');
require('./traces.js')();
