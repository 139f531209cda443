// CodeMirror's modes by the names that the files of languages have for them (`editor_mode`).

import { StreamLanguage } from '@codemirror/language';
import { cpp } from '@codemirror/lang-cpp';
import { go } from '@codemirror/lang-go';
import { java } from '@codemirror/lang-java';
import { javascript } from '@codemirror/lang-javascript';
import { php } from '@codemirror/lang-php';
import { python } from '@codemirror/lang-python';
import { rust } from '@codemirror/lang-rust';
import { sql } from '@codemirror/lang-sql';
import { brainfuck } from '@codemirror/legacy-modes/mode/brainfuck';
import { csharp, kotlin, scala } from '@codemirror/legacy-modes/mode/clike';
import { clojure } from '@codemirror/legacy-modes/mode/clojure';
import { cobol } from '@codemirror/legacy-modes/mode/cobol';
import { commonLisp } from '@codemirror/legacy-modes/mode/commonlisp';
import { crystal } from '@codemirror/legacy-modes/mode/crystal';
import { d } from '@codemirror/legacy-modes/mode/d';
import { erlang } from '@codemirror/legacy-modes/mode/erlang';
import { forth } from '@codemirror/legacy-modes/mode/forth';
import { fortran } from '@codemirror/legacy-modes/mode/fortran';
import { gas } from '@codemirror/legacy-modes/mode/gas';
import { groovy } from '@codemirror/legacy-modes/mode/groovy';
import { haskell } from '@codemirror/legacy-modes/mode/haskell';
import { julia } from '@codemirror/legacy-modes/mode/julia';
import { lua } from '@codemirror/legacy-modes/mode/lua';
import { fSharp, oCaml } from '@codemirror/legacy-modes/mode/mllike';
import { octave } from '@codemirror/legacy-modes/mode/octave';
import { pascal } from '@codemirror/legacy-modes/mode/pascal';
import { perl } from '@codemirror/legacy-modes/mode/perl';
import { r } from '@codemirror/legacy-modes/mode/r';
import { ruby } from '@codemirror/legacy-modes/mode/ruby';
import { scheme } from '@codemirror/legacy-modes/mode/scheme';
import { shell } from '@codemirror/legacy-modes/mode/shell';
import { tcl } from '@codemirror/legacy-modes/mode/tcl';
import { wast } from '@codemirror/legacy-modes/mode/wast';

const OWN = {
  python, java, go, php, rust, cpp, c: cpp, javascript, sql,
  typescript: () => javascript({ typescript: true }),
};
const STREAMED = {
  bash: shell, brainfuck, clojure, cobol, commonlisp: commonLisp, crystal, csharp, d, erlang, forth, fortran, fsharp: fSharp, groovy,
  haskell, julia, kotlin, lua, nasm: gas, ocaml: oCaml, octave, pascal, perl, r, racket: scheme, ruby, scala, scheme, tcl, wast,
};

/** An extension; nothing where CodeMirror has none. */
export function modeOf(mode) {
  if (Object.hasOwn(OWN, mode)) return OWN[mode]();
  return Object.hasOwn(STREAMED, mode) ? StreamLanguage.define(STREAMED[mode]) : [];
}
