// A server that answers one request after another as a test says, and notes what it was asked.

import { once } from 'node:events';
import http from 'node:http';

export const TASK = { language: 'python', files: [{ content: 'print(42)' }] };

/** An answer in JSON. */
export const json = (body, status = 200, headers = {}) => (_request, response) => {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

/** A refusal, as the gateway writes one. */
export const problem = (status, code, more = {}, headers = {}) =>
  json({ title: 't', status, detail: `said with ${status}`, code, ...more }, status, {
    'Content-Type': 'application/problem+json',
    ...headers,
  });

/** Any other text. */
export const text = (body, status = 200, type = 'text/html') => (_request, response) => {
  response.writeHead(status, { 'Content-Type': type });
  response.end(body);
};

/** Events, each as [name, data, id]; then the end, or what `after` does with the response. */
export const events = (told, after = (response) => response.end()) => (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  response.write('retry: 1000\n\n');
  response.write(told.map((one) => event(...one)).join(''), () => after(response));
};

/** Closes the connection in the middle. */
export const cut = (response) => response.destroy();

/** Says nothing any more. */
export const hold = () => {};

export function event(name, data, id) {
  return `event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}

export function execution(status, more = {}) {
  return { id: 'task-1', status, attempt: 1, run: null, cases: [], ...more };
}

export function output(offset, text, more = {}) {
  return { id: 'task-1', attempt: 1, stage: 'run', stream: 'stdout', offset, text, ...more };
}

/** Starts the server for one test: `{url, asked, close}`; `asked` holds `{verb, path, headers, body}`. */
export async function serving(t, ...answers) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const answer = answers[asked.length] ?? text('not expected', 418, 'text/plain');
    asked.push({ verb: request.method, path: request.url, headers: request.headers, body: body && JSON.parse(body) });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  t.after(close);
  return { url: `http://127.0.0.1:${server.address().port}`, asked, close };
}

export async function all(iterator) {
  const found = [];
  for await (const one of iterator) found.push(one);
  return found;
}
