// What a page says to a program: read from JSON, and bounded.

import { Problem, refuse } from './reader_bounds.js';

export const MOST_MESSAGE_BYTES = 512 * 1024; // a thing has at most 64 KiB of input, of which JSON makes six times as much
const KINDS = ['input', 'input_data', 'close', 'signal', 'terminal'];
const SIGNALS = new Set(['INT', 'TERM', 'HUP', 'QUIT', 'USR1', 'USR2']);
const MOST_NUMBER = 2 ** 31;
const MOST_ROWS = 500;
const MOST_COLUMNS = 1000;

/** What a first message asks for: a program, and how its page wants to talk to it. Throws Problem. */
export function beginOf(message, mostBytes) {
  const { begin } = objectOf(message, mostBytes);
  if (!isObject(begin)) refuse('begin', 'must be the first message');
  const { interaction = {}, ...program } = begin;
  if (!hasOnly(interaction, ['terminal'])) refuse('interaction', 'may have a terminal, and nothing else');
  const { terminal } = interaction;
  return { program, terminal: terminal === undefined || terminal === null ? undefined : terminalOf(terminal) };
}

/** The one thing that a later message says. Throws Problem. */
export function saidOf(message) {
  const { said } = objectOf(message, MOST_MESSAGE_BYTES);
  if (!hasOnly(said, ['number', ...KINDS])) refuse('said', 'must be all that follows the first message');
  const kinds = KINDS.filter((name) => said[name] !== undefined && said[name] !== null && said[name] !== false);
  if (kinds.length !== 1) refuse('said', `must have one of ${KINDS.join(', ')}`);
  return { number: numberOf(said.number, 'said.number', MOST_NUMBER), [kinds[0]]: whatOf(kinds[0], said[kinds[0]]) };
}

function whatOf(kind, value) {
  if (kind === 'terminal') return terminalOf(value);
  const isKnown = kind === 'close' ? value === true : typeof value === 'string' && (kind !== 'signal' || SIGNALS.has(value));
  if (!isKnown) refuse(`said.${kind}`, 'is not known');
  return value;
}

function terminalOf(value) {
  if (!hasOnly(value, ['rows', 'columns'])) refuse('terminal', 'must have rows and columns');
  return { rows: numberOf(value.rows, 'terminal.rows', MOST_ROWS), columns: numberOf(value.columns, 'terminal.columns', MOST_COLUMNS) };
}

function numberOf(value, field, most) {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) refuse(field, `must be 1 to ${most}`);
  return value;
}

function objectOf({ bytes, isBinary }, mostBytes) {
  if (isBinary) throw new Problem(400, 'Messages must be text.');
  if (bytes.length > mostBytes) throw new Problem(413, 'The message is too large.');
  let said;
  try {
    said = JSON.parse(bytes.toString());
  } catch {
    throw new Problem(400, 'The message is no JSON.');
  }
  if (!isObject(said)) throw new Problem(400, 'The message is no object.');
  return said;
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function hasOnly(value, names) {
  return isObject(value) && Object.keys(value).every((name) => names.includes(name));
}
