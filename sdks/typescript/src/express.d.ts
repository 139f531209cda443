// The types of `@coderunner/client/express`.
import type { CodeRunner, Execution } from './index.js';

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
  /** That of the package `ws` (8.11 or newer): programs are talked to over WebSockets. Without it none is. */
  WebSocketServer?: (new (options: any) => any) | undefined;
  /** How long a program may be talked to, waiting included; 0: not at all. 600,000 where nothing is said. */
  talkMs?: number | undefined;
  /** What no node has begun by then is not run. 60,000 where nothing is said. */
  queueDeadlineMs?: number | undefined;
  cache?: '' | 'OFF' | 'READ' | 'READ_WRITE' | undefined;
  labels?: Record<string, string> | undefined;
  /** The origins whose pages may run programs; those of the same host where nothing is said. */
  origins?: string[] | undefined;
  /** Results come by callback as well: a stream has its end by either way, whichever is first. */
  callbacks?: CallbackOptions | undefined;
  /** The blog's own name for who asks; `request.ip` where nothing is said. */
  reader?: ((request: Request) => string | Promise<string>) | undefined;
}

export interface CallbackOptions {
  /** Under which CodeRunner reaches the route `callbacks` of the middleware. */
  url: string;
  /** The gateway's `callback_secret`; of several, any one may have signed. */
  secrets: string | string[];
  /** What several processes share; without it each hears of what it is brought itself. */
  results?: Results | undefined;
}

/** A place where every process of a backend puts the results that it was brought, and hears of those of the others. What is
 * put there was verified. */
export interface Results {
  /** Tells all processes of a task's result: the callback's body. */
  put(id: string, body: string): Promise<void> | void;
  /** Waits for the task's result; one that came a moment ago is there, too. Rejects once the signal is aborted. */
  of(id: string, signal: AbortSignal): Promise<string>;
}

/** What a callback tells of. `id` is the same each time that it comes. */
export interface Received {
  id: string;
  execution?: Execution | undefined;
  progress?: { event: string; execution: Execution } | undefined;
}

/** A request is no callback that may be believed; `status` is what to answer. */
export declare class WebhookError extends Error {
  readonly status: number;
}

/** Verifies and reads a callback; `body` is as it came, in bytes. Throws WebhookError; TypeError for secrets that are none. */
export declare function receive(
  headers: Headers | Record<string, string | string[] | undefined>,
  body: Uint8Array,
  secrets: string | string[],
  nowMs?: number,
): Promise<Received>;

/** A middleware with the routes that `<code-runner>` asks. */
export function codeRunner<Request = any, Response = any>(
  client: CodeRunner,
  options: BackendOptions<Request>,
): (request: Request, response: Response, next: (error?: unknown) => void) => void;

/** A listener for the event `upgrade` of the server: asks the application (Express's `app`) as for any request, so that its
 * middleware decides about WebSockets, too. */
export declare function talking(app: (request: any, response: any) => unknown): (request: any, socket: any, head: any) => void;
