// How a run ended, in words.

import { said, WORDS } from './words.js';

/** `{isWell, words, facts}` of a finished execution: one sentence, and how long and how much. */
export function verdictOf(execution) {
  const { status, run, cached_at_ms: keptMs } = execution;
  const facts = [];
  if (run) facts.push(duration(run.wall_ms));
  if (run?.peak_memory_bytes > 0) facts.push(size(run.peak_memory_bytes));
  if ([execution.compile, run].some((stage) => stage?.stdout_truncated || stage?.stderr_truncated)) facts.push(WORDS.cut);
  if (keptMs) facts.push(WORDS.kept);
  return { isWell: status === 'SUCCEEDED', words: sentence(execution), facts };
}

/** The texts that the execution has, as pieces of output. */
export function textsOf({ compile, run, attempt }) {
  const stages = [['compile', compile], ['run', run]].filter(([, stage]) => stage);
  return stages.flatMap(([name, { stdout, stderr }]) => [
    { stage: name, stream: 'stdout', offset: 0, text: stdout, attempt },
    { stage: name, stream: 'stderr', offset: 0, text: stderr, attempt },
  ]);
}

function sentence({ status, run, error }) {
  if (status === 'FAILED' && run) {
    if (run.signal) return said('signal', { signal: run.signal });
    if (run.exit_code) return said('exit', { code: run.exit_code });
  }
  const words = WORDS[status] ?? status;
  return status === 'REJECTED' && error ? `${words}: ${error}` : words;
}

function duration(ms) {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes) {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
