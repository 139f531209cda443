'use strict';

// Loaded with `node --require bootstrap.js main.js` before there is a program: Node.js has started and is about to run
// the main module. Says so on descriptor 4, waits on descriptor 3 for the command and the environment, and lets Node.js
// go on with that command, so that the program's main module is loaded by the very code that always loads it.
// The lists are those of docs/agent-protocol.md: count | (length | bytes)*, 32 bits each, big endian.

const fs = require('fs');
const Module = require('module');
const path = require('path');
const { isMainThread } = require('worker_threads');

const COMMANDS = 3;
const READY = 4;

if (isMainThread) waitForProgram(); // A program's own worker threads load this file, too.
else forget();

function waitForProgram() {
  // What nearly every program loads; none of these opens anything.
  for (const name of ['events', 'stream', 'net', 'tty', 'readline', 'util', 'url']) require(name);
  rehearse();
  process._tickCallback(); // What that put off for later: the program's first turn of the queues is a first one.
  forget();

  fs.writeSync(READY, '1');
  fs.closeSync(READY);
  const [, entry, ...args] = readList();
  const environment = readList();
  fs.closeSync(COMMANDS);

  for (const setting of environment) {
    const equals = setting.indexOf('=');
    process.env[setting.slice(0, equals)] = setting.slice(equals + 1);
  }
  if (process.env.NODE_PATH) Module._initPaths();
  become(path.resolve(entry), args);
}

// What is compiled or made when it is first used, is: the streams that print, and the way through module loader and
// console. And ending.node stands by for the end.
function rehearse() {
  process.stdout;
  process.stderr;
  require('./rehearsal.js');
  delete require.cache[require.resolve('./rehearsal.js')];
  process.dlopen({ exports: {} }, path.join(__dirname, 'ending.node'));
}

function readList() {
  const list = [];
  for (let count = readExactly(4).readUInt32BE(0); count > 0; count--) {
    list.push(readExactly(readExactly(4).readUInt32BE(0)).toString());
  }
  return list;
}

function readExactly(size) {
  const bytes = Buffer.alloc(size);
  for (let filled = 0; filled < size; ) {
    const read = fs.readSync(COMMANDS, bytes, filled, size - filled, null);
    if (read === 0) process.reallyExit(0); // The slot closes: there will be no program.
    filled += read;
  }
  return bytes;
}

// No trace of this file where a program could look.
function forget() {
  delete require.cache[__filename];
  for (const key of Object.keys(Module._pathCache)) delete Module._pathCache[key];
  process.execArgv.length = 0;
  Object.defineProperty(process, '_preload_modules', { value: [], enumerable: true, configurable: true });
}

// Node.js asks for Module.runMain once, with the name that it was started with. It gets the original, bound to the
// program's name: a bound function leaves no frame in stack traces.
function become(main, rest) {
  process.argv.splice(1, Infinity, main, ...rest);
  const runMain = Module.runMain;
  Object.defineProperty(Module, 'runMain', {
    configurable: true,
    enumerable: true,
    get() {
      Object.defineProperty(Module, 'runMain', {
        value: runMain, configurable: true, enumerable: true, writable: true,
      });
      return runMain.bind(Module, main);
    },
  });
}
