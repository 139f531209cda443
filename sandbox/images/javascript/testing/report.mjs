// The report that tests leave for the node, written line by line while they run (docs/testing-frameworks.md).
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MAX_TESTS = 500;
const NAME_CHARS = 200;
const MESSAGE_CHARS = 2000;
const here = process.cwd();
const file = process.env.CODERUNNER_TEST_REPORT;
delete process.env.CODERUNNER_TEST_REPORT;
const report = file ? fs.openSync(file, 'a') : -1;
const told = new Set();
let tests = 0;

/** A test begins. What follows the first 500 is not told. */
export function started(suite, name) {
  tests += 1;
  if (tests <= MAX_TESTS) {
    told.add(`${suite}\n${name}`);
    write({ suite, name, status: 'STARTED' });
  } else if (tests === MAX_TESTS + 1) {
    write({ more: true });
  }
}

/** A test has ended. */
export function ended(suite, name, status, { durationMs = 0, message = '', place = ['', 0] } = {}) {
  if (told.delete(`${suite}\n${name}`)) {
    const [at, line] = place;
    write({ suite, name, status, duration_ms: durationMs, message: message.slice(0, MESSAGE_CHARS), file: at, line });
  }
}

/** The path relative to the work directory; empty for a file that is elsewhere. */
export function own(name) {
  const relative = path.relative(here, name.startsWith('file:') ? fileURLToPath(name) : name);
  return relative.startsWith('..') ? '' : relative;
}

/** Where in a file of the work directory an error was thrown: its name and the line. */
export function placeOf(error) {
  for (const [, name, line] of String(error?.stack ?? '').matchAll(/((?:file:\/\/)?\/[^():\s]+):(\d+)(?::\d+)?/g)) {
    if (own(name)) return [own(name), Number(line)];
  }
  return ['', 0];
}

function write(line) {
  if (report < 0) return;
  for (const name of ['suite', 'name', 'file']) {
    if (line[name]) line[name] = line[name].slice(0, NAME_CHARS).toWellFormed();
  }
  if (line.message) line.message = line.message.toWellFormed();
  try {
    fs.writeSync(report, `${JSON.stringify(line)}\n`);
  } catch {
    // The disk is full: whoever fills it is told of that.
  }
}
