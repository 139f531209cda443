// A reporter of node:test that tells the node of each test at the moment at which it begins or ends: it listens to the
// stream of events that is piped into it, since what is piped comes only once the program waits for something.
import { Transform } from 'node:stream';
import { ended, own, placeOf, started } from './report.mjs';

const FAILURES = new Set(['testCodeFailure', 'subtestsFailed']);
const parents = [];

const reporter = new Transform({
  writableObjectMode: true,
  transform: (_event, _encoding, done) => done(),
});
reporter.once('pipe', (events) => {
  events.on('test:dequeue', begins);
  events.on('test:complete', ends);
});
export default reporter;

function begins({ nesting, name, file, type }) {
  parents.length = nesting;
  parents[nesting] = name;
  if (type !== 'suite') started(suiteOf(nesting, file), name);
}

function ends({ nesting, name, file, skip, todo, details }) {
  const suite = suiteOf(nesting, file);
  const { error, type, passed, duration_ms: durationMs } = details;
  if (type === 'suite' && error?.failureType !== 'hookFailed') return ended(suite, name, 'NO_TEST');
  const cause = error?.cause instanceof Error ? error.cause : error;
  const place = cause ? placeOf(cause) : ['', 0];
  const message = !error ? '' : cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  if (skip !== undefined) {
    ended(suite, name, 'SKIPPED', { message: typeof skip === 'string' ? skip : '' });
  } else if (todo !== undefined && !passed) {
    ended(suite, name, 'SKIPPED', { message: `to do: ${typeof todo === 'string' ? todo : message}` });
  } else if (passed) {
    ended(suite, name, 'PASSED', { durationMs });
  } else {
    const status = FAILURES.has(error?.failureType) ? 'FAILED' : 'ERROR';
    ended(suite, name, status, { durationMs, message, place });
  }
}

function suiteOf(nesting, file) {
  return [...(file ? [own(file)] : []), ...parents.slice(0, nesting)].join(' > ');
}
