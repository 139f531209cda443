// All words that readers see or hear. A page in another language gives its own (`words` of `<code-runner-settings>`).

export const WORDS = {
  run: 'Run', stop: 'Stop', reset: 'Reset', share: 'Copy link', shared: 'Link copied', shareFailed: 'The link is in the address bar', shareTooLong: 'Too long for a link', linked: 'Changed by the link',
  example: '{language} example', code: '{language} code', input: 'Input', output: 'Output',
  keys: 'Control+Enter runs it. Tab indents once you have typed; Escape, then Tab leaves.',
  running: 'Running', waiting: 'Waiting for a free machine', stopping: 'Stopping', again: 'The machine was lost; running again',
  SUCCEEDED: 'Done', FAILED: 'Failed', COMPILE_ERROR: 'Does not compile', TIME_LIMIT: 'Out of time',
  MEMORY_LIMIT: 'Out of memory', OUTPUT_LIMIT: 'Too much output', CANCELLED: 'Stopped',
  EXPIRED: 'No machine was free in time', REJECTED: 'Refused', INTERNAL_ERROR: 'Something broke on the server',
  exit: 'Exit code {code}', signal: 'Ended by signal {signal}',
  nothing: 'It printed nothing.', cut: 'output cut', kept: 'kept result', line: 'Line {line}',
  right: 'Right', wrong: 'Not yet right', missing: 'expected', extra: 'printed', same: 'both', rest: '…',
  recorded: 'Recorded output', away: 'The server is away; this was recorded earlier',
  tooLarge: 'too large', typed: 'What the program reads', endOfInput: 'End of input (Ctrl+D)',
  notFound: 'There is no code here to run.', noSetUp: '{what} is not there.',
};

/** Takes the page's own words in place of these; what is none of these names, or no text, is left out. */
export function learn(words) {
  for (const name of Object.keys(WORDS)) if (typeof words?.[name] === 'string') WORDS[name] = words[name];
}

/** The words with what they speak of. */
export function said(name, about = {}) {
  return WORDS[name].replace(/\{(\w+)\}/g, (_, part) => about[part] ?? '');
}
