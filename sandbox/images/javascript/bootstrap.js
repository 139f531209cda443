'use strict';

// The code that makes a started Node.js wait for its program. Loaded with `node --require bootstrap.js main.js`, when
// Node.js is about to run the main module: says so on descriptor 4, waits on descriptor 3 for the command and the
// environment, and lets Node.js go on with that command, so that the program's main module is loaded by the very code
// that always loads it.
// The lists are those of docs/agent-protocol.md: count | (length | bytes)*, 32 bits each, big endian.

const fs = require('fs');
const Module = require('module');
const path = require('path');
const { isMainThread } = require('worker_threads');
const removeTraces = require('./traces.js');

const COMMANDS = 3;
const READY = 4;

if (isMainThread) waitForProgram(); // A program's own worker threads load this file, too.
else removeTraces();

function waitForProgram() {
  // These are loaded by nearly every program; none of them opens anything.
  for (const name of ['events', 'stream', 'net', 'tty', 'readline', 'util', 'url']) require(name);
  rehearse();
  process._tickCallback(); // Runs what the rehearsal queued, so that the program's queues start empty.
  removeTraces();

  fs.writeSync(READY, '1');
  fs.closeSync(READY);
  const [, ...command] = readList();
  if (command[0] === '--require') command.splice(0, 2); // cold.js, which this file stands in for
  const [entry, ...args] = command;
  const environment = readList();
  fs.closeSync(COMMANDS);

  for (const setting of environment) {
    const equals = setting.indexOf('=');
    process.env[setting.slice(0, equals)] = setting.slice(equals + 1);
  }
  if (process.env.NODE_PATH) Module._initPaths();
  becomeProgram(path.resolve(entry), args);
}

// Uses once what Node.js compiles or makes at its first use: the streams that print, module loader and console. Last,
// stack_dump.node registers itself for a signal, and quick_exit.node for the end of the process.
function rehearse() {
  require('./streams.js');
  require('./rehearsal.js');
  for (const name of ['stack_dump.node', 'quick_exit.node']) process.dlopen({ exports: {} }, path.join(__dirname, name));
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

// Puts the program in the place of the main module that Node.js was started with. Node.js asks for Module.runMain once:
// it gets the original, bound to the program's name, since a bound function leaves no frame in stack traces.
function becomeProgram(main, rest) {
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
