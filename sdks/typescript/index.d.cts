// Written by `python -m dev.typescript_sdk` from the gateway's OpenAPI document; a test holds them together.

/** One snippet to run. A language and a file are enough. */
export interface TaskBody {
  /** name or alias, as /v1/languages tells */
  language: string;
  files?: FileBody[];
  /** a prefix of the version, such as 3 or 3.13 */
  language_version?: string;
  /** the file to run; empty: the language decides */
  entry_point?: string;
  stdin?: string;
  args?: string[];
  env?: Record<string, string>;
  compile_options?: string[];
  limits?: LimitsBody;
  /** LOW, NORMAL or HIGH */
  priority?: string;
  cases?: CaseBody[];
  stop_at_first_failure?: boolean;
  checker?: CheckerBody | null;
  /** the same key is the same task; a fresh UUID */
  idempotency_key?: string;
  /** not started within this: EXPIRED; 0: waits */
  queue_deadline_ms?: number;
  callback?: CallbackBody | null;
  labels?: Record<string, string>;
  /** whether the result may have more than 4 MiB */
  large_result?: boolean;
  /** OFF, READ or READ_WRITE; empty: as is set for the client */
  cache?: string;
  /** on whose behalf, such as a hash of a visitor's id */
  reader?: string;
  /** a zip or tar with more files, in base64 */
  archive?: string | null;
  /** patterns of files that come back; empty: out/* */
  outputs?: string[];
  /** in place of stdin: bytes, in base64 */
  stdin_data?: string | null;
  /** standard error goes to standard output, in true order */
  redirect_stderr?: boolean;
  /** its program is talked to */
  interaction?: InteractionBody | null;
  /** in place of stdin: sha256:… of a blob that was put */
  stdin_digest?: string;
  /** installed for it, such as numpy==2.1.* */
  packages?: string[];
  /** the files are its tests; /v1/languages tells which */
  test_framework?: string;
}

/** A source file. A single one may leave its name out. */
export interface FileBody {
  /** its text */
  content?: string;
  /** relative path, with / between folders */
  name?: string;
  /** in place of content: bytes, in base64 */
  data?: string | null;
  /** in place of content: sha256:… of a blob that was put */
  digest?: string;
}

/** What one run may use; what is left out takes the gateway's default. */
export interface LimitsBody {
  cpu_ms?: number | null;
  wall_ms?: number | null;
  memory_bytes?: number | null;
  processes?: number | null;
  /** per stream */
  output_bytes?: number | null;
  disk_bytes?: number | null;
  open_files?: number | null;
  /** of the largest file */
  file_bytes?: number | null;
}

/** One run of the program, and what it should print. */
export interface CaseBody {
  name?: string;
  stdin?: string;
  args?: string[];
  expected_output?: string;
  comparison?: ComparisonBody;
  limits?: LimitsBody;
  /** in place of stdin: bytes, in base64 */
  stdin_data?: string | null;
  /** in place of stdin: sha256:… of a blob that was put */
  stdin_digest?: string;
}

/** How a case's output is compared with what is expected. */
export interface ComparisonBody {
  /** EXACT, TRIMMED (where nothing is said), TOKENS or FLOAT */
  mode?: string;
  /** for FLOAT; 0 takes 1e-6 */
  epsilon?: number;
}

/** A program that judges the cases in place of their comparisons. */
export interface CheckerBody {
  language: string;
  files: FileBody[];
  language_version?: string;
}

/** Where the finished execution is delivered, at least once. */
export interface CallbackBody {
  /** http://, https://, grpc:// or grpcs:// */
  url: string;
  /** name of header values that the operator has set */
  headers?: string;
  /** besides the end: RUNNING, CASE */
  events?: string[];
}

/** How a program is talked to while it runs. */
export interface InteractionBody {
  /** it runs on one; left out: it has pipes */
  terminal?: TerminalBody | null;
  /** that it may run in all; 0 takes 600000 */
  session_ms?: number;
  /** that nobody may talk to it; 0 takes 30000 */
  grace_ms?: number;
  /** the wall time goes on while it waits for input */
  clock_goes_on?: boolean;
}

/** The size of a terminal in characters, each 1 to 1000. */
export interface TerminalBody {
  rows: number;
  columns: number;
}

/** A task that was accepted. */
export interface Accepted {
  id: string;
}

/** One task's state and, once it is final, its result. */
export interface Execution {
  id: string;
  status: Status;
  language: string;
  language_version: string;
  node_id: string;
  attempt: number;
  queued_ms: number;
  labels: Record<string, string>;
  compile: Stage | null;
  run: Stage | null;
  cases: CaseResult[];
  warnings: string[];
  error: string;
  submitted_at_ms: number;
  finished_at_ms: number | null;
  diagnostics?: Diagnostic[];
  cached_at_ms?: number;
  not_kept?: string;
  files?: OutputFile[];
  packages?: string[];
  tests?: TestResult[];
}

/** A task's state. `QUEUED -> RUNNING -> one of the others`, which are final. */
export type Status = 'CANCELLED' | 'COMPILE_ERROR' | 'EXPIRED' | 'FAILED' | 'INTERNAL_ERROR' | 'MEMORY_LIMIT' | 'OUTPUT_LIMIT' | 'QUEUED' | 'REJECTED' | 'RUNNING' | 'SUCCEEDED' | 'TIME_LIMIT';

/** One program that ran: the compiler, or the submission. Usage is the whole process tree's. */
export interface Stage {
  exit_code: number | null;
  signal: number | null;
  stdout: string;
  stderr: string;
  stdout_truncated: boolean;
  stderr_truncated: boolean;
  stdout_invalid_utf8: boolean;
  stderr_invalid_utf8: boolean;
  wall_ms: number;
  cpu_ms: number;
  peak_memory_bytes: number;
  limits_hit: string[];
  stdout_data?: string | null;
  stderr_data?: string | null;
}

/** How one case of a task ended. */
export interface CaseResult {
  name: string;
  verdict: Verdict;
  stage: Stage | null;
  checker_output: string;
}

/** The end of one case. */
export type Verdict = 'ACCEPTED' | 'CHECKER_ERROR' | 'MEMORY_LIMIT' | 'OUTPUT_LIMIT' | 'RUNTIME_ERROR' | 'SKIPPED' | 'TIME_LIMIT' | 'WRONG_ANSWER';

/** One finding: of a compiler, of an error that nothing caught, or on how the program ended. Lines and columns count
 * from 1, as the tool tells them; 0 where it does not. */
export interface Diagnostic {
  stage: string;
  file: string;
  line: number;
  column: number;
  severity: Severity;
  message: string;
  code: string;
}

/** How much a diagnostic matters. */
export type Severity = 'ERROR' | 'NOTE' | 'WARNING';

/** One file. Its name comes from the program, and so does what it holds: nobody is to trust either. */
export interface OutputFile {
  name: string;
  size: number;
  media_type: string;
  digest: string;
  data: string | null;
  place?: string;
}

/** One test, as its framework told of it. Every text is the program's. */
export interface TestResult {
  name: string;
  suite: string;
  status: TestStatus;
  duration_ms: number;
  message: string;
  file: string;
  line: number;
}

/** How a test ended. */
export type TestStatus = 'ERROR' | 'FAILED' | 'PASSED' | 'SKIPPED';

/** Several tasks; each is accepted or refused on its own. */
export interface BatchBody {
  /** at most 1000 */
  tasks: TaskBody[];
}

/** One result for each task, in order. */
export interface Batch {
  results: Submitted[];
}

/** One task of a batch: accepted under an `id`, or refused with an `error`. */
export interface Submitted {
  id?: string;
  error?: TaskProblem | null;
}

/** Why one task of a batch was refused. */
export interface TaskProblem {
  code: string;
  message: string;
  violations?: FieldProblem[];
  retry_after_ms?: number;
}

/** One field that is wrong, by its path in the body, such as `files[0].name`. */
export interface FieldProblem {
  field: string;
  description: string;
}

/** A page of executions, newest first, without their output. */
export interface ExecutionPage {
  executions: Execution[];
  next_page_token?: string;
  total?: number | null;
}

/** The task after it was asked to end. */
export interface Cancelled {
  execution: Execution;
  cancelled: boolean;
}

/** What was submitted, where that is kept. */
export interface Source {
  task: KeptSource | null;
}

/** A task as it was submitted. Values of environment variables and addresses of callbacks are left out: people put
 * passwords there. */
export interface KeptSource {
  language: string;
  language_version: string;
  files: SourceFile[];
  entry_point: string;
  stdin: string;
  args: string[];
  env: string[];
  compile_options: string[];
  limits: Limits;
  priority: Priority;
  cases: TestCase[];
  stop_at_first_failure: boolean;
  checker: Checker | null;
  large_result: boolean;
  stdin_data?: string | null;
  outputs?: string[];
  redirect_stderr?: boolean;
  stdin_blob?: BlobRef | null;
  packages?: string[];
  test_framework?: string;
}

/** One file of the submission. An empty `name` (one file only) takes the language's usual name. */
export interface SourceFile {
  name: string;
  content: string;
  data?: string | null;
  blob?: BlobRef | null;
}

/** A client's blob, in the place of a file's content or a standard input. */
export interface BlobRef {
  digest: string;
  size: number;
  place: string;
}

/** The limits of one run. The network is always off. */
export interface Limits {
  cpu_ms: number;
  wall_ms: number;
  memory_bytes: number;
  processes: number;
  output_bytes: number;
  disk_bytes: number;
  open_files: number;
  file_bytes: number;
}

/** A task's priority: each has a queue of its own in every pool. */
export type Priority = 'HIGH' | 'LOW' | 'NORMAL';

/** One run of the program, and what it should print. */
export interface TestCase {
  name: string;
  stdin: string;
  args: string[];
  expected_output: string;
  comparison: Comparison;
  limits: Limits | null;
  stdin_data?: string | null;
  stdin_blob?: BlobRef | null;
}

/** The comparison of a case's output with what is expected. */
export interface Comparison {
  mode: string;
  epsilon: number;
}

/** A program that judges a case: reads `input`, `output` and `expected` files in its work directory; exit code 0
 * accepts, 1 refuses, anything else is CHECKER_ERROR. */
export interface Checker {
  language: string;
  language_version: string;
  files: SourceFile[];
}

/** How the delivery of a result to its callback stands, where there was an attempt. */
export interface CallbackState {
  record: CallbackRecord | null;
}

/** The message on CALLBACKS: the newest word about the delivery of one result that was not taken at the first call. */
export interface CallbackRecord {
  id: string;
  attempts: number;
  error: string;
  at_ms: number;
  url?: string;
  client?: string;
  state?: DeliveryState;
  tried?: CallbackAttempt[];
}

/** How the delivery of a result stands. */
export type DeliveryState = 'DELIVERED' | 'GIVEN_UP' | 'RETRYING';

/** One call to an endpoint. */
export interface CallbackAttempt {
  number: number;
  at_ms: number;
  latency_ms: number;
  answer: string;
  error: string;
  next_at_ms: number;
}

/** The languages that a task can be submitted for, by name. */
export interface Languages {
  languages: Language[];
}

/** A language as all nodes together serve it. */
export interface Language {
  name: string;
  versions: string[];
  aliases: string[];
  extensions: string[];
  compiled: boolean;
  nodes: number;
  baseline_memory_bytes: number;
  title?: string;
  sample?: string;
  editor_mode?: string;
  test_frameworks?: string[];
}

/** The live nodes, by id. */
export interface Nodes {
  nodes: Node[];
}

/** A live node. */
export interface Node {
  id: string;
  host: string;
  pools: string[];
  languages: Record<string, string>;
  capacity: number;
  running: number;
  cpu_percent: number;
  memory_percent: number;
  disk_percent: number;
  load_score: number;
  state: string;
  version: string;
  sandbox_runtime: string;
  started_at_ms: number;
  updated_at_ms: number;
  alarms: string[];
  labels: Record<string, string>;
}

/** A blob of the caller's. */
export interface StoredBlob {
  digest: string;
  size: number;
  expires_at_ms: number;
}

/** Why a request was not served (RFC 9457). */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  violations?: FieldProblem[];
  retry_after_ms?: number;
}

/** A piece of live output, not stored. `offset` counts the characters of this stream sent before, so that a watcher who
 * came late can take the rest from the result. */
export interface OutputChunk {
  id: string;
  attempt: number;
  stage: string;
  stream: string;
  offset: number;
  text: string;
  at_ms?: number;
}

/** What a caller sends: a task to begin with, where none is in the path, and then what he says. */
export interface InteractMessage {
  begin?: TaskBody | null;
  said?: SaidBody | null;
}

/** One thing that is said to a program; one field beside its number. */
export interface SaidBody {
  /** 1 for the first thing that is said to a task, and one more for each */
  number: number;
  /** for its standard input, at most 64 KiB */
  input?: string | null;
  /** in place of input: bytes, in base64 */
  input_data?: string | null;
  /** its standard input ends */
  close?: boolean;
  signal?: SignalName | null;
  /** its terminal has this size now */
  terminal?: TerminalBody | null;
}

/** The signals that may be sent to a program. */
export type SignalName = 'HUP' | 'INT' | 'QUIT' | 'TERM' | 'USR1' | 'USR2';

/** What a caller hears; one of these. The last is an execution that has ended, or an error. */
export interface InteractEvent {
  execution?: Execution | null;
  output?: OutputChunk | null;
  waits?: WaitsBody | null;
  taken?: TakenBody | null;
  error?: Problem | null;
}

/** The program waits for its input now. */
export interface WaitsBody {
  attempt: number;
}

/** The program's node has all that was said up to this number, in this attempt. */
export interface TakenBody {
  number: number;
  attempt: number;
}

/** Which tasks are listed. */
export interface ListFilter {
  /** may come several times */
  status?: string | readonly string[];
  /** name or alias */
  language?: string;
  /** of the node that ran it */
  node_id?: string;
  /** NAME:VALUE; may come several times, all must match */
  label?: string | readonly string[];
  /** whose, where the caller may see everybody's */
  client?: string;
  /** submitted then or later, Unix milliseconds */
  since_ms?: number;
  /** submitted before then */
  until_ms?: number;
  /** a part of the error's text; needs a history */
  error?: string;
  /** 1 to 200; 50 where nothing is said */
  page_size?: number;
  /** next_page_token of the page before */
  page_token?: string;
  /** how many match in all; needs a history */
  with_total?: boolean;
}

// The types of the package. Those of requests and answers are generated: types.d.ts.

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
