// Why a program was not run, in words for its reader: of bad input what is wrong with which field.

import { fileURLToPath } from 'node:url';

import { status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const { 'google.rpc.Status': Status, 'google.rpc.BadRequest': BadRequest } = loadSync(
  fileURLToPath(new URL('refusal.proto', import.meta.url)),
  { keepCase: true, defaults: true },
);
const WORDS = {
  [status.INVALID_ARGUMENT]: [400, 'This cannot be run.'],
  [status.FAILED_PRECONDITION]: [400, 'Nothing runs this language just now.'],
  [status.RESOURCE_EXHAUSTED]: [429, 'Many programs run just now. Please wait a moment.'],
  [status.UNAVAILABLE]: [503, 'Programs cannot be run just now.'],
  [status.DEADLINE_EXCEEDED]: [503, 'Programs cannot be run just now.'],
};

/** `[HTTP status, what is told]` of a call's error. */
export function refusalOf(error) {
  const [code, refused] = WORDS[error.code] ?? [502, 'Something broke on the server.'];
  return [code, { refused, violations: violationsIn(error) }];
}

function violationsIn({ code, metadata }) {
  const [details] = metadata?.get('grpc-status-details-bin') ?? [];
  if (code !== status.INVALID_ARGUMENT || !details) return [];
  return Status.deserialize(details).details
    .filter(({ type_url: url }) => url.endsWith('/google.rpc.BadRequest'))
    .flatMap(({ value }) => BadRequest.deserialize(value).field_violations);
}
