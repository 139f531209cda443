// The types of the package. Those of requests and answers are generated: types.d.ts.
import type {
  Batch,
  StoredBlob,
  CallbackRecord,
  Cancelled,
  Execution,
  ExecutionPage,
  FieldProblem,
  KeptSource,
  Language,
  ListFilter,
  Node,
  OutputChunk,
  OutputFile,
  SignalName,
  Status,
  TaskBody,
} from './types.js';
export type * from './types.js';

export interface ClientOptions {
  /** Shown to the gateway; a function is asked before every request. */
  token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** In place of the global one, which talking to programs takes; Node.js has it from 22 on. */
  WebSocket?: (new (url: string, protocols: string[]) => WebSocketLike) | undefined;
  /** How often a request is sent again, or a stream opened, where the one before failed. 6 where nothing is said. */
  retries?: number | undefined;
  /** How long one request may take, beyond the waiting that it asks for. 30,000 where nothing is said. */
  timeoutMs?: number | undefined;
  /** After so long without a sign of life a stream is opened anew; the gateway gives one every 15 s. 45,000 where
   * nothing is said. */
  silenceMs?: number | undefined;
}

export interface CallOptions {
  /** Ends the call: it throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface RunOptions extends CallOptions {
  /** Whether the signal's abort cancels the task on the gateway, too: the call then ends once that is done, or after
   * 5 s. */
  cancelOnAbort?: boolean | undefined;
}

export interface WaitOptions extends RunOptions {
  /** How long the first request waits for the end, at most 270,000; after that the task is followed. 30,000 where
   * nothing is said. */
  waitMs?: number | undefined;
}

/** The task as it stands, at first and whenever it changes. */
export interface StateEvent {
  type: 'state';
  execution: Execution;
}

/** A piece of output. `offset` counts the characters (code points) of its stage's stream before it; a higher `attempt`
 * begins anew. No piece comes twice. */
export interface OutputEvent extends Omit<OutputChunk, 'id'> {
  type: 'output';
}

/** The finished execution: the last event. */
export interface ResultEvent {
  type: 'result';
  execution: Execution;
}

/** The program waits for its input now. */
export interface WaitsEvent {
  type: 'waits';
  attempt: number;
}

/** What of a WebSocket is used: a browser's, Node.js's, or that of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(): void;
}

export type ProgramEvent = ExecutionEvent | WaitsEvent;
export type ExecutionEvent = StateEvent | OutputEvent | ResultEvent;
export type Task = TaskBody;

/** A client of one gateway. It holds no connection open: nothing has to be closed. */
export declare class CodeRunner {
  /** `url`: where the gateway serves HTTP, such as `https://runner.example`. */
  constructor(url: string | URL, options?: ClientOptions);
  /** Runs a task and returns its finished execution, however long that takes. */
  run(task: TaskBody, options?: WaitOptions): Promise<Execution>;
  /** Submits a task; returns its id as soon as it is accepted. */
  submit(task: TaskBody, options?: CallOptions): Promise<string>;
  /** Submits several tasks (at most 1,000); returns for each its id, or why it was refused. */
  submitBatch(tasks: Iterable<TaskBody>, options?: CallOptions): Promise<Batch['results']>;
  /** The task as it stands now. */
  get(id: string, options?: CallOptions): Promise<Execution>;
  /** Cancels a task. */
  cancel(id: string, options?: CallOptions): Promise<Cancelled>;
  /** What was submitted, where the history keeps it. */
  source(id: string, options?: CallOptions): Promise<KeptSource | null>;
  /** What was tried to deliver the result to its callback; null where nothing was. */
  callback(id: string, options?: CallOptions): Promise<CallbackRecord | null>;
  /** The caller's tasks, newest first; page after page is fetched as it is needed. */
  list(filter?: ListFilter, options?: CallOptions): AsyncGenerator<Execution, void, undefined>;
  /** One page of the caller's tasks. */
  page(filter?: ListFilter, options?: CallOptions): Promise<ExecutionPage>;
  /** Puts large content once: files, standard inputs and cases of tasks name it by its digest, each in place of its
   * content. */
  putBlob(content: string | Uint8Array | ArrayBuffer | Blob, options?: CallOptions): Promise<StoredBlob>;
  /** What a blob of this client holds. */
  getBlob(digest: string, options?: CallOptions): Promise<Uint8Array>;
  /** What a file holds that an execution has left: it is fetched where it was too large to come with the result. */
  file(execution: Execution, file: OutputFile, options?: CallOptions): Promise<Uint8Array>;
  /** The languages that can be run. */
  languages(options?: CallOptions): Promise<Language[]>;
  /** The live nodes. */
  nodes(options?: CallOptions): Promise<Node[]>;
  /** The events of a task until its end, the last of which has its result; over as many connections as it takes. */
  follow(id: string, options?: RunOptions): AsyncGenerator<ExecutionEvent, void, undefined>;
  /** Submits a task and tells its events, of which none is missed. */
  runAndFollow(task: TaskBody, options?: RunOptions): AsyncGenerator<ExecutionEvent, void, undefined>;
  /** Submits a task and talks to its program while it runs. */
  interact(task: TaskBody, options?: CallOptions): Program;
  /** Goes on talking to the program of a task that was begun so, or submitted with an `interaction`. */
  talkTo(id: string, options?: CallOptions): Program;
  /** A WebSocket of the gateway, which is not open yet, for who passes on what others say: to the program of a task, or to
   * one that its first message begins. */
  socket(id?: string): Promise<WebSocketLike>;
}

/** A program that is talked to while it runs. Iterating gives what is told of it, the last event being its result; one
 * may stop and iterate on. A broken connection is opened again, at any gateway, and no input is lost or doubled by it.
 * What is wrong is thrown where one iterates. */
export declare class Program implements AsyncIterable<ProgramEvent> {
  private constructor();
  /** The task's id; undefined until it is accepted. */
  readonly id: string | undefined;
  /** Gives it more of its standard input: 1 MiB in all. */
  write(data: string | Uint8Array): void;
  /** Its standard input ends. */
  closeInput(): void;
  /** Sends a signal to it, and to the processes of its group. */
  signal(name: SignalName): void;
  /** Its terminal has this size now. */
  resize(rows: number, columns: number): void;
  /** Leaves it: it is ended where nobody goes on with it within its `grace_ms`. */
  close(): void;
  /** The finished execution; what is told before is passed over. */
  result(): Promise<Execution>;
  [Symbol.asyncIterator](): AsyncIterator<ProgramEvent, void, undefined>;
}

/** A request that did not do what it was for. A program that fails is no error: its execution says so. */
export declare class CodeRunnerError extends Error {
  constructor(
    message: string,
    told?: {
      status?: number;
      code?: string;
      violations?: FieldProblem[];
      retryAfterMs?: number | undefined;
      cause?: unknown;
    },
  );
  /** Of HTTP; 0: there was no answer. */
  readonly status: number;
  /** As gRPC names it, such as INVALID_ARGUMENT; UNKNOWN where something else than a gateway answered. */
  readonly code: string;
  /** What is wrong with which field of the request. */
  readonly violations: FieldProblem[];
  /** After which another try is worth it, where the gateway says so. */
  readonly retryAfterMs: number | undefined;
}

/** Whether a task in this state has ended. */
export declare function isFinal(status: Status): boolean;
