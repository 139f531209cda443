// A blog's backend in Node.js: readers' programs go through it, so that the token stays here. It sends what they print as
// they print it, one JSON object per line, the last one the end.
//
//   npm install && node backend.mjs
//   curl -N --json '{"language": "python", "code": "print(42)"}' http://127.0.0.1:8080/run

import http from 'node:http';

import { executionsAt } from './executions.mjs';
import { refusalOf } from './refusal.mjs';

const MAX_REQUEST_BYTES = 64 * 1024;
const PATIENCE_MS = 90_000;
const { CODERUNNER_GATEWAY = 'localhost:50051', CODERUNNER_TOKEN = '', CODERUNNER_TLS_CA, PORT = '8080' } = process.env;
const executions = executionsAt(CODERUNNER_GATEWAY, CODERUNNER_TOKEN, CODERUNNER_TLS_CA);

async function run(request, response) {
  const task = taskOf(JSON.parse(await textOf(request)));
  const call = executions.submitAndWatch({ task }, { deadline: Date.now() + PATIENCE_MS });
  response.on('close', () => call.cancel()); // a reader who leaves ends the call; his program ends by its limits
  for await (const { output, execution } of call) {
    if (output) tell(response, { stream: output.stream.toLowerCase(), text: output.text });
    if (execution && isFinal(execution)) {
      const { status, run: stage, error } = execution;
      tell(response, { status, exit_code: stage?.exit_code ?? 0, error });
    }
  }
  response.end();
}

function taskOf({ language = '', code = '', stdin = '' }) {
  return { language, files: [{ content: code }], stdin, labels: { page: 'playground' } };
}

function isFinal({ status }) {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

function tell(response, line) {
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
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
  const isOurs = error instanceof SyntaxError || error instanceof TypeError;
  const [code, refusal] = isOurs ? [400, { refused: 'the request is no program', violations: [] }] : refusalOf(error);
  if (!response.headersSent) response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(refusal)}\n`);
}

const server = http.createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/run') return response.writeHead(404).end();
  return run(request, response).catch((error) => fail(response, error));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/run`));
