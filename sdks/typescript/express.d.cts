// The types of `@coderunner/client/express`.
import type { CodeRunner } from './index.cjs';

/** As Express and Node.js's own http have it. */
export interface ReaderRequest {
  ip?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
}

export interface BackendOptions<Request = ReaderRequest> {
  /** With which readers' names for their runs are made; all processes of a backend need the same one. The client's token
   * will do. */
  secret: string;
  /** Those that may be run, by name; all that the gateway serves where nothing is said. */
  languages?: string[] | undefined;
  /** Of each run, by the names of the API. A page may ask for less, and not for more. */
  limits?: Record<string, number> | undefined;
  /** Of a program: its files and what it reads, as JSON. 262,144 where nothing is said. */
  maxBodyBytes?: number | undefined;
  maxFiles?: number | undefined;
  /** Of one reader, and as many at once. 60 where nothing is said. */
  runsPerMinute?: number | undefined;
  maxStreamsPerReader?: number | undefined;
  maxStreams?: number | undefined;
  /** What no node has begun by then is not run. 60,000 where nothing is said. */
  queueDeadlineMs?: number | undefined;
  cache?: '' | 'OFF' | 'READ' | 'READ_WRITE' | undefined;
  labels?: Record<string, string> | undefined;
  /** The origins whose pages may run programs; those of the same host where nothing is said. */
  origins?: string[] | undefined;
  /** The blog's own name for who asks; `request.ip` where nothing is said. */
  reader?: ((request: Request) => string | Promise<string>) | undefined;
}

/** A middleware with the routes that `<code-runner>` asks. */
export function codeRunner<Request = any, Response = any>(
  client: CodeRunner,
  options: BackendOptions<Request>,
): (request: Request, response: Response, next: (error?: unknown) => void) => void;
