'use strict';

// Runs a WebAssembly module that speaks WASI, preview 1: `run.js MODULE ARGUMENT...`. It may use the files of its work directory.

const fs = require('fs');
const { WASI } = require('wasi');

const [name, ...words] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [name, ...words], env: process.env, preopens: { '.': '.' }, returnOnExit: true });
try {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(name)), wasi.getImportObject());
  process.exitCode = wasi.start(instance);
} catch (error) {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
}
