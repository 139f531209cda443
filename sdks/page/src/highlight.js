// Colours: a program cut into pieces of one kind each, by one regular expression per language.

import { ANY, LANGUAGES } from './languages.js';

const MOST_COLOURED = 50_000; // characters; a longer program has no colours
const NUMBER = '\\b0[xXbBoO][\\da-fA-F_\']+\\w*|\\b\\d[\\d_\']*(?:\\.\\d[\\d_]*)?(?:[eE][+-]?\\d+)?\\w*';
const WORD = '[\\p{L}_$][\\p{L}\\p{N}_$]*';
const TOKENS = new Map();

/** The pieces `[kind, text]` of a program, in order; together they are the program. Kinds: comment, string, number,
 * special (directives, decorators, variables), keyword, type, literal, call; '' for the rest. */
export function pieces(source, language) {
  const known = LANGUAGES[language] ?? ANY;
  if (source.length > MOST_COLOURED) return [['', source]];
  const found = [];
  let at = 0;
  for (const match of source.matchAll(tokens(language, known))) {
    const kind = kindOf(match, known, source);
    if (!kind) continue;
    if (match.index > at) found.push(['', source.slice(at, match.index)]);
    found.push([kind, match[0]]);
    at = match.index + match[0].length;
  }
  if (at < source.length) found.push(['', source.slice(at)]);
  return found;
}

function tokens(language, { comment, string, special, word = WORD }) {
  if (!TOKENS.has(language)) {
    const parts = [`(?<comment>${comment})`, `(?<string>${string})`, special ? `(?<special>${special})` : ''];
    const all = [...parts.filter(Boolean), `(?<number>${NUMBER})`, `(?<word>${word})`].join('|');
    TOKENS.set(language, new RegExp(all, 'gu'));
  }
  return TOKENS.get(language);
}

function kindOf(match, { keywords, types, literals, isCaseless }, source) {
  const { word, ...others } = match.groups;
  if (word === undefined) return Object.keys(others).find((one) => others[one] !== undefined);
  const name = isCaseless ? word.toLowerCase() : word;
  if (keywords.has(name)) return 'keyword';
  if (types?.has(name)) return 'type';
  if (literals?.has(name)) return 'literal';
  return source[match.index + word.length] === '(' ? 'call' : '';
}
