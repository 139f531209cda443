// A blog on Express whose readers talk to programs: says its port, and serves until it is ended.

import express from 'express';
import { WebSocket, WebSocketServer } from 'ws';

import { CodeRunner } from '@coderunner/client';
import { codeRunner, talking } from '@coderunner/client/express';

const { CODERUNNER_URL, CODERUNNER_TOKEN: token } = process.env;
const client = new CodeRunner(CODERUNNER_URL, { token, WebSocket });
const app = express();
const POST = `<!doctype html><title>A post</title><link rel="icon" href="data:,">
<script defer src="${CODERUNNER_URL}/page/code-runner.js"></script>
<code-runner-settings url="/code"></code-runner-settings>
<pre><code class="language-python">name = input('Your name? ')
print('Hello', name)</code></pre><code-runner interactive></code-runner>`;

app.get('/post', (_, response) => response.send(POST));
app.use((request, response, next) => { // it knows readers by a header or a cookie, which an address does not have
  const [, cookie] = /(?:^|; )user=(\w+)/.exec(request.headers.cookie ?? '') ?? [];
  request.reader = request.headers['x-user'] ?? cookie ?? request.ip;
  if (request.reader === 'nobody') response.sendStatus(401);
  else next();
});

function reader({ reader: name }) {
  if (name === 'mallory') throw Object.assign(new Error('not you'), { status: 403 });
  if (name === 'error') throw new Error('a fault of the blog');
  return name;
}

app.use('/code', express.json(), codeRunner(client, { secret: `${token} of the blog`, maxStreamsPerReader: 4, reader, WebSocketServer }));
app.use('/quiet', codeRunner(client, { secret: `${token} of the blog` }));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
server.on('upgrade', talking(app));
process.on('SIGTERM', () => process.exit());
