'use strict';

// The TypeScript compiler: `compile.js [--wait] OPTION... ENTRY`. Checks types, and writes a module for `require` beside each source.
// Started with --wait it has read and bound the declarations of language and Node.js before there is a program: it says so on
// descriptor 4, and takes the command from descriptor 3 (the lists of docs/agent-protocol.md: count | (length | bytes)*, 32 bits
// each, big endian).

const fs = require('fs');
const ts = require('/usr/share/nodejs/typescript');

const COMMANDS = 3;
const READY = 4;
const ALWAYS = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.NodeJs,
  esModuleInterop: true,
  inlineSourceMap: true,
  inlineSources: true,
  resolveJsonModule: true,
  skipLibCheck: true,
  typeRoots: ['/usr/share/nodejs/@types'],
  types: ['node'],
};
const REHEARSAL = 'const words: string[] = process.argv.slice(2);\nfor (const word of words) console.log(word.toUpperCase());\n';

const shared = new Map(); // Source files of the declarations, which no program can change.

function hostOf(options, virtual) {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, ...rest) => {
    if (name in virtual) return ts.createSourceFile(name, virtual[name], options.target);
    if (!name.startsWith('/usr/share/')) return read(name, ...rest);
    if (!shared.has(name)) shared.set(name, read(name, ...rest));
    return shared.get(name);
  };
  const exists = host.fileExists;
  host.fileExists = (name) => name in virtual || exists(name);
  return host;
}

function compile(words, virtual = {}) {
  const { options, fileNames, errors } = ts.parseCommandLine(words);
  const chosen = { ...ALWAYS, ...options };
  const host = hostOf(chosen, virtual);
  const program = ts.createProgram(fileNames, chosen, host);
  const found = [...errors, ...ts.getPreEmitDiagnostics(program)];
  const failed = found.some((one) => one.category === ts.DiagnosticCategory.Error);
  if (!failed) program.emit(undefined, Object.keys(virtual).length ? () => {} : undefined);
  return [failed ? 1 : 0, ts.formatDiagnostics(found, host)];
}

function readExactly(size) {
  const bytes = Buffer.alloc(size);
  for (let filled = 0; filled < size; ) {
    const read = fs.readSync(COMMANDS, bytes, filled, size - filled, null);
    if (read === 0) process.exit(0); // The slot closes: there will be no program.
    filled += read;
  }
  return bytes;
}

function readList() {
  const list = [];
  for (let count = readExactly(4).readUInt32BE(0); count > 0; count--) {
    list.push(readExactly(readExactly(4).readUInt32BE(0)).toString());
  }
  return list;
}

function wait() {
  compile(['/rehearsal.ts'], { '/rehearsal.ts': REHEARSAL });
  fs.writeSync(READY, '1');
  fs.closeSync(READY);
  const [, , ...words] = readList(); // without node, and this file
  readList();
  return words;
}

const words = process.argv[2] === '--wait' ? wait() : process.argv.slice(2);
const [code, said] = compile(words);
fs.writeSync(2, said);
process.exit(code);
