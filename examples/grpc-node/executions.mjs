// The gateway's ExecutionService, by the repository's proto/: TLS, and a token that leaves by no other.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const AS = { keepCase: true, enums: String, longs: Number, defaults: true, oneofs: true, includeDirs: [PROTO] };

/** One client is enough for all calls; it connects again by itself. */
export function executionsAt(gateway, token, caFile) {
  const { coderunner } = grpc.loadPackageDefinition(loadSync('coderunner/v1/execution.proto', AS));
  const tls = grpc.credentials.createSsl(caFile ? readFileSync(caFile) : null);
  const bearer = grpc.credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    done(null, metadata);
  });
  return new coderunner.v1.ExecutionService(gateway, grpc.credentials.combineChannelCredentials(tls, bearer));
}
