// Languages of functions, of lists and of rules.

import { BLOCK_QUOTED, HASH_COMMENT, QUOTED, words } from '../src/patterns.js';
import { CHARACTER, LISP_WORD, LONG_QUOTED, LONG_QUOTED_ONCE, PAREN_COMMENT, PERCENT_COMMENT, SEMICOLON_COMMENT } from './pieces.js';

const LISP = { comment: `${SEMICOLON_COMMENT}|#\\|[^]*?(?:\\|#|$)`, string: LONG_QUOTED, word: LISP_WORD, indent: '  ' };
const SCHEME = {
  ...LISP, special: '#\\\\\\w+|#:[\\w-]+',
  keywords: words('and begin call/cc call-with-current-continuation case case-lambda cond cond-expand define define-record-type define-syntax define-values delay do else export guard if import lambda let let* let*-values let-syntax let-values letrec letrec* library module or parameterize quasiquote quote receive set! syntax-case syntax-rules unless unquote use-modules values when =>'),
  types: words('append apply assoc car cdr cons display equal? error filter fold for-each format length list list-ref map newline not null? number->string pair? reverse string-append vector vector-ref write zero?'),
};

/** By name, as in `../src/languages.js`. */
export const FUNCTIONAL = {
  clojure: {
    ...LISP, comment: SEMICOLON_COMMENT, special: ':[\\w.*+!?<>=\\/-]+|\\\\\\w+',
    keywords: words('-> ->> and as-> binding case catch comment cond condp cond-> declare def defmacro defmethod defmulti defn defn- defonce defprotocol defrecord deftype do doseq dotimes extend-protocol extend-type finally fn for if if-let if-not if-some import in-ns let letfn loop ns or quote recur reify require some-> throw try use var when when-let when-not when-some while'),
    types: words('apply assoc comp concat conj count dec dissoc distinct filter first format get group-by inc interleave into iterate keys map mapv merge next partial partition pr println prn range reduce remove repeat rest reverse second seq set sort sort-by str subs swap! take update vals vec vector zipmap'),
    literals: words('nil true false'),
  },
  'common-lisp': {
    ...LISP, special: '#\\\\\\w+|#?:[\\w-]+|&\\w+', isCaseless: true,
    keywords: words('and block case catch cond declaim declare defclass defconstant defgeneric define-condition defmacro defmethod defpackage defparameter defstruct defun defvar destructuring-bind do do* dolist dotimes ecase etypecase eval-when flet function go handler-bind handler-case if in-package labels lambda let let* locally loop macrolet multiple-value-bind or otherwise prog1 progn quote return return-from setf setq tagbody the throw typecase unless unwind-protect when with-open-file'),
    types: words('append apply aref assoc car cdr concatenate cons decf first format funcall gethash incf length list make-array make-hash-table make-instance mapcar member nth print push reduce remove-if reverse second sort string subseq vector'),
    literals: words('nil t'),
  },
  elixir: {
    comment: HASH_COMMENT, string: `${BLOCK_QUOTED}|${LONG_QUOTED}|${LONG_QUOTED_ONCE}`, special: '(?<!:):[a-zA-Z_]\\w*[?!]?|@\\w+', indent: '  ',
    keywords: words('after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmodule defp defprotocol defstruct do else end fn for if import in not or quote raise receive require rescue super throw try unless unquote use when with'),
    types: words('Agent Enum GenServer IO Integer Kernel Keyword List Map MapSet Process Regex Stream String Task Tuple'),
    literals: words('nil true false self __MODULE__'),
  },
  erlang: {
    comment: PERCENT_COMMENT, string: LONG_QUOTED, special: "(?<![^\\n])-[a-z]\\w*|\\b[A-Z_]\\w*|\\?\\w+|'[^'\\n]*'?|\\$\\\\?.",
    keywords: words('after and andalso band begin bnot bor bsl bsr bxor case catch div else end fun if maybe not of or orelse receive rem try when xor'),
    types: words('atom binary erlang float integer io io_lib list lists maps pid spawn string tuple'),
    literals: words('true false undefined ok error self'),
  },
  haskell: {
    comment: '--(?![!#$%&*+.\\/<=>?@^|~]).*|-- .*|\\{-[^]*?(?:-\\}|$)', string: `${LONG_QUOTED}|${CHARACTER}`, word: "[\\p{L}_][\\p{L}\\p{N}_']*", indent: '  ',
    keywords: words('as case class data default deriving do else family forall foreign hiding if import in infix infixl infixr instance let mdo module newtype of pattern proc qualified rec role then type where'),
    types: words('Bool Char Double Either Float IO Int Integer Map Maybe Ordering Set String Word Eq Foldable Functor Applicative Monad Monoid Num Ord Read Semigroup Show Traversable'),
    literals: words('True False Nothing Just Left Right LT EQ GT otherwise undefined'),
  },
  ocaml: {
    comment: PAREN_COMMENT, string: `\\{\\|[^]*?(?:\\|\\}|$)|${LONG_QUOTED}|${CHARACTER}`, special: "'[a-z_]\\w*|~\\w+|#\\w+|`\\w+", word: "[\\p{L}_][\\p{L}\\p{N}_']*", indent: '  ',
    keywords: words('and as asr assert begin class constraint do done downto else end exception external for fun function functor if in include inherit initializer land lazy let lor lsl lsr lxor match method mod module mutable new nonrec object of open or private rec sig struct then to try type val virtual when while with'),
    types: words('array bool bytes char exn float int int64 list option ref result string unit Array Hashtbl List Map Option Printf Set String'),
    literals: words('true false None Some Ok Error'),
  },
  prolog: {
    comment: `${PERCENT_COMMENT}|\\/\\*[^]*?(?:\\*\\/|$)`, string: `${LONG_QUOTED}|'(?:[^'\\\\\\n]|\\\\.)*'?`, special: '\\b[A-Z_]\\w*|:-|-->',
    keywords: words('catch discontiguous div dynamic ensure_loaded fail halt initialization is mod module multifile not once rem repeat table throw true use_module'),
    types: words('append assertz asserta atom atom_length between bagof concat_atom findall forall format functor length maplist member msort nb_getval nl nonvar nth0 nth1 number print read retract reverse setof sort succ_or_zero sumlist sum_list var write writeln'),
    literals: words('false otherwise'),
  },
  racket: {
    ...SCHEME, special: `#lang .*|${SCHEME.special}|#[tf]\\b`,
    keywords: words([...SCHEME.keywords, 'class contract-out define-struct for for*/list for/fold for/hash for/list for/sum for/vector hash in-list in-range match match-define match-lambda new object% only-in provide require send struct with-handlers λ'].join(' ')),
    types: words([...SCHEME.types, 'add1 displayln first foldl foldr hash-ref hash-set printf range rest second sub1 void'].join(' ')),
  },
  scheme: { ...SCHEME, special: `${SCHEME.special}|#[tf]\\b` },
};
