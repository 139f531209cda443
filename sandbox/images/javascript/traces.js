'use strict';

const Module = require('module');
const path = require('path');

// Removes what a program could see of the files that are loaded before it.
module.exports = function removeTraces() {
  for (const name of Object.keys(require.cache)) if (path.dirname(name) === __dirname) delete require.cache[name];
  for (const key of Object.keys(Module._pathCache)) delete Module._pathCache[key];
  process.execArgv.length = 0;
  Object.defineProperty(process, '_preload_modules', { value: [], enumerable: true, configurable: true });
};
