// The languages whose blocks run: names, the name of a program's file, and what its colours are made of. The usual ones
// are here; those of the catalogue beside them are fetched where a page has a block of one (`../languages`).

import { FURTHER } from './further.js';
import { BACKQUOTED, BLOCK_QUOTED, C_COMMENT, HASH_COMMENT, QUOTED, QUOTED_ONCE, words } from './patterns.js';

/** By name. `comment`, `string`: regular expressions; `print`: a statement that prints a text, with which blocks that
 * build on each other are told apart; `indent`: what Tab writes; `word`: what a word is, where it is more than letters;
 * `isCaseless`: keywords may be written in any case, and stand here in small letters; `mode`: CodeMirror's. */
export const LANGUAGES = {
  python: {
    title: 'Python', aliases: ['py', 'python3'], file: 'main.py', indent: '    ',
    comment: HASH_COMMENT,
    string: `[rbfuRBFU]{0,2}(?:${BLOCK_QUOTED}|'''(?:[^\\\\]|\\\\[^]?)*?(?:'''|$)|${QUOTED}|${QUOTED_ONCE})`,
    keywords: words('and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield'),
    literals: words('None True False self cls'),
    print: (text) => `print(${JSON.stringify(text)}, flush=True)`,
  },
  javascript: {
    title: 'JavaScript', aliases: ['js', 'node', 'nodejs', 'mjs'], file: 'main.js', indent: '  ',
    comment: C_COMMENT, string: `${BACKQUOTED}|${QUOTED}|${QUOTED_ONCE}`,
    keywords: words('async await break case catch class const continue debugger default delete do else export extends finally for from function get if import in instanceof let new of return set static super switch throw try typeof var void while with yield'),
    literals: words('null true false undefined this NaN Infinity'),
    print: (text) => `console.log(${JSON.stringify(text)});`,
  },
  java: {
    title: 'Java', aliases: ['jdk'], file: 'Main.java', indent: '    ',
    comment: C_COMMENT, string: `${BLOCK_QUOTED}|${QUOTED}|${QUOTED_ONCE}`, special: '@\\w+',
    keywords: words('abstract assert break case catch class continue default do else enum extends final finally for if implements import instanceof interface native new package permits private protected public record return sealed static strictfp super switch synchronized throw throws transient try var volatile while yield'),
    types: words('boolean byte char double float int long short void'),
    literals: words('null true false this'),
  },
  cpp: {
    title: 'C++', aliases: ['c++', 'cxx', 'g++', 'cc'], file: 'main.cpp', indent: '    ',
    comment: C_COMMENT, string: `(?:u8|[uUL])?(?:R"\\((?:[^)]|\\)(?!"))*(?:\\)"|$)|${QUOTED}|(?<!\\d)${QUOTED_ONCE})`,
    special: '(?<![^\\n])[ \\t]*#[ \\t]*\\w+(?:[ \\t]*<[^>\\n]*>)?',
    keywords: words('alignas alignof asm break case catch class co_await co_return co_yield concept const consteval constexpr constinit const_cast continue decltype default delete do dynamic_cast else enum explicit export extern final for friend goto if inline mutable namespace new noexcept operator override private protected public register reinterpret_cast requires return sizeof static static_assert static_cast struct switch template thread_local throw try typedef typeid typename union using virtual volatile while'),
    types: words('auto bool char char8_t char16_t char32_t double float int long short signed unsigned void wchar_t size_t'),
    literals: words('nullptr true false this'),
  },
  go: {
    title: 'Go', aliases: ['golang'], file: 'main.go', indent: '\t',
    comment: C_COMMENT, string: `\`[^\`]*(?:\`|$)|${QUOTED}|${QUOTED_ONCE}`,
    keywords: words('break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var'),
    types: words('any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr'),
    literals: words('nil true false iota'),
  },
  bash: {
    title: 'Bash', aliases: ['sh', 'shell', 'zsh'], file: 'main.sh', indent: '  ',
    comment: '(?<![\\w$&{"\'#])#.*', string: `\\$?"(?:[^"\\\\]|\\\\[^]?)*(?:"|$)|\\$?'[^']*(?:'|$)`,
    special: '\\$(?:\\w+|\\{[^}\\n]*\\}?|[@*#?$!-])',
    keywords: words('case do done elif else esac fi for function if in select then time until while break continue return exit local export readonly declare'),
    types: words('cat cd cut echo eval exec find grep head printf read sed set shift sort source tail test tr trap uniq unset wc awk'),
    literals: words('true false'),
    print: (text) => `echo ${JSON.stringify(text)}`,
  },
};

/** What is alike in most others: strings, numbers, calls, and comments that have a line of their own. */
export const ANY = { comment: '(?<![^\\n])[ \\t]*(?:[#;%]|\\/\\/|--).*', string: QUOTED, keywords: words('') };

const BY_NAME = new Map();

/** Takes languages in, whole descriptions by name. */
export function takeIn(languages) {
  for (const [name, one] of Object.entries(languages)) {
    LANGUAGES[name] = one;
    for (const called of [name, ...one.aliases]) BY_NAME.set(called, name);
  }
}

takeIn({ ...LANGUAGES, c: { ...LANGUAGES.cpp, title: 'C', aliases: [], file: 'main.c' } });

/** The language's own name for a name or alias of it; what is not known here stays as it is: a gateway may serve it. */
export function languageNamed(name) {
  return BY_NAME.get(name.toLowerCase()) ?? name.toLowerCase();
}

/** Whether it is of the catalogue, and not fetched yet. */
export function isFurther(name) {
  return !BY_NAME.has(name) && FURTHER.has(name);
}

/** Whether it is of the catalogue. */
export function isKnown(name) {
  return BY_NAME.has(name.toLowerCase()) || FURTHER.has(name.toLowerCase());
}

/** What a language is called where people read it. */
export function titleOf(name) {
  return LANGUAGES[name]?.title ?? name;
}
