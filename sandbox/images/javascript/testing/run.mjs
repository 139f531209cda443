// Runs the files of the work directory as tests of node:test, all in this one process: `node --test-reporter=… run.mjs`.
// They are those that `node --test` would take (https://nodejs.org/docs/latest-v20.x/api/test.html), or all of them.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ended, own, placeOf, started } from './report.mjs';

const SOURCE = /\.[cm]?js$/;
const TEST = /(^|\/)test\/|(^|\/)(test|test-[^/]+|[^/]+[._-]test)\.[cm]?js$/;

const sources = fs
  .readdirSync('.', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
  .map((entry) => own(path.resolve(entry.parentPath ?? entry.path, entry.name)))
  .filter((name) => !/(^|\/)node_modules\//.test(name))
  .sort();
const tests = sources.filter((name) => TEST.test(name));
for (const name of tests.length ? tests : sources) {
  try {
    await import(pathToFileURL(path.resolve(name)));
  } catch (error) {
    console.error(error);
    started('', name);
    ended('', name, 'ERROR', { message: String(error?.message ?? error), place: placeOf(error) });
    process.on('exit', () => (process.exitCode ||= 1));
  }
}
