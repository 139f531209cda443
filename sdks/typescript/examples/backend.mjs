// A blog's backend: readers' programs go through it, so that the token stays here. It sends what they print as they
// print it, and ends the task of a reader who has gone.
//
//   CODERUNNER_URL=http://127.0.0.1:8081 CODERUNNER_TOKEN=crk_... PORT=3000 node backend.mjs
//   curl -N --json '{"language": "python", "code": "print(42)"}' http://127.0.0.1:3000/run

import http from 'node:http';

import { CodeRunner, CodeRunnerError } from '@coderunner/client';

const MAX_REQUEST_BYTES = 64 * 1024;
const { CODERUNNER_URL = 'http://127.0.0.1:8081', CODERUNNER_TOKEN: token, PORT = '3000' } = process.env;
const client = new CodeRunner(CODERUNNER_URL, { token });

async function run(request, response) {
  const { language, code, stdin = '' } = JSON.parse(await textOf(request));
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'X-Accel-Buffering': 'no' });
  const task = { language, files: [{ content: code }], stdin, labels: { page: 'playground' } };
  for await (const event of client.runAndFollow(task, { signal: gone.signal, cancelOnAbort: true })) {
    if (event.type === 'output') tell(response, { stream: event.stream, text: event.text });
    if (event.type === 'result') tell(response, { status: event.execution.status, error: event.execution.error });
  }
  response.end();
}

function tell(response, line) {
  response.write(`${JSON.stringify(line)}\n`);
}

async function textOf(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_REQUEST_BYTES) throw new SyntaxError('too much');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function fail(response, error) {
  if (response.destroyed) return; // the reader has gone
  const known = error instanceof CodeRunnerError || error instanceof SyntaxError;
  const words = { refused: known ? error.message : 'something went wrong', violations: error.violations ?? [] };
  if (!response.headersSent) response.writeHead(400, { 'Content-Type': 'application/x-ndjson' });
  tell(response, words);
  response.end();
  if (!known) console.error(error);
}

const server = http.createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/run') return response.writeHead(404).end();
  return run(request, response).catch((error) => fail(response, error));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/run`));
