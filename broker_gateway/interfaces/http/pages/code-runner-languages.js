// CodeRunner, Apache-2.0; put together from sdks/page.
// A part of <code-runner>, fetched where a block's language is none of the usual ones; its modules are in sdks/page/languages.
const C_COMMENT = '\\/\\/.*|\\/\\*[^]*?(?:\\*\\/|$)';
const HASH_COMMENT = '#.*';
const QUOTED = '"(?:[^"\\\\\\n]|\\\\.)*"?';
const QUOTED_ONCE = "'(?:[^'\\\\\\n]|\\\\.)*'?";
const BACKQUOTED = '`(?:[^`\\\\]|\\\\[^]?)*(?:`|$)';
const BLOCK_QUOTED = '"""(?:[^\\\\]|\\\\[^]?)*?(?:"""|$)';
const words = (text) => new Set(text.split(/\s+/));
const DASH_COMMENT = '--.*';
const PERCENT_COMMENT = '%.*';
const SEMICOLON_COMMENT = ';.*';
const LONG_QUOTED = '"(?:[^"\\\\]|\\\\[^]?)*(?:"|$)';
const LONG_QUOTED_ONCE = "'(?:[^'\\\\]|\\\\[^]?)*(?:'|$)";
const PLAIN = '"[^"\\n]*"?';
const PLAIN_ONCE = "'[^'\\n]*'?";
const CHARACTER = "'(?:[^'\\\\\\n]|\\\\[^\\n][^'\\n]{0,9})'";
const PAREN_COMMENT = '\\(\\*[^]*?(?:\\*\\)|$)';
const LISP_WORD = '[\\p{L}_*+!?<>=\\/&%$.-][\\p{L}\\p{N}_*+!?<>=\\/&%$.:-]*';
const ANNOTATION = '@\\w+';
const BRACKETS = {
csharp: {
comment: C_COMMENT, string: `\\$?@\\$?"(?:[^"]|"")*(?:"|$)|\\$*${BLOCK_QUOTED}|\\$?${QUOTED}|${QUOTED_ONCE}`,
special: '(?<![^\\n])[ \\t]*#[ \\t]*\\w+',
keywords: words('abstract as async await base break case catch checked class const continue default delegate do else enum event explicit extern finally fixed for foreach from get goto if implicit in init interface internal is join let lock namespace new operator orderby out override params partial private protected public readonly record ref required return sealed select set sizeof stackalloc static struct switch throw try typeof unchecked unsafe using virtual volatile when where while with yield'),
types: words('bool byte char decimal double dynamic float int long nint nuint object sbyte short string uint ulong ushort var void'),
literals: words('null true false this'),
},
d: {
comment: `${C_COMMENT}|\\/\\+[^]*?(?:\\+\\/|$)`, string: `r"[^"]*(?:"|$)|\`[^\`]*(?:\`|$)|${LONG_QUOTED}|${QUOTED_ONCE}`, special: ANNOTATION,
keywords: words('abstract alias align asm assert auto body break case cast catch class const continue debug default delegate delete deprecated do else enum export extern final finally for foreach foreach_reverse function goto if immutable import in inout interface invariant is lazy macro mixin module new nothrow out override package pragma private protected public pure ref return scope shared static struct super switch synchronized template throw try typeid typeof union unittest version while with'),
types: words('bool byte char dchar double float int long real short string size_t ubyte uint ulong ushort void wchar'),
literals: words('null true false this __FILE__ __LINE__'),
},
groovy: {
comment: C_COMMENT, string: `${BLOCK_QUOTED}|'''[^]*?(?:'''|$)|${QUOTED}|${QUOTED_ONCE}`, special: ANNOTATION,
keywords: words('abstract as assert break case catch class continue def default do else enum extends final finally for if implements import in instanceof interface native new package private protected public return static super switch synchronized throw throws trait transient try var volatile while'),
types: words('boolean byte char double float int long short void String List Map'),
literals: words('null true false this it'),
},
kotlin: {
comment: C_COMMENT, string: `"""[^]*?(?:"""|$)|${QUOTED}|${CHARACTER}`, special: ANNOTATION,
keywords: words('abstract actual annotation as break by catch class companion const constructor continue crossinline data do dynamic else enum expect external final finally for fun get if import in infix init inline inner interface internal is lateinit noinline object open operator out override package private protected public reified return sealed set super suspend tailrec throw try typealias typeof val value var vararg when where while'),
types: words('Any Array Boolean Byte Char Double Float Int List Long Map MutableList MutableMap Nothing Set Short String Unit'),
literals: words('null true false this it'),
},
php: {
comment: `${C_COMMENT}|#(?!\\[).*`, string: `${LONG_QUOTED}|${LONG_QUOTED_ONCE}`, special: '\\$\\w+|<\\?(?:php|=)?|\\?>|#\\[\\w*',
keywords: words('abstract and as break callable case catch class clone const continue declare default do echo else elseif endfor endforeach endif endswitch endwhile enum extends final finally fn for foreach function global goto if implements include include_once instanceof insteadof interface isset list match namespace new or print private protected public readonly require require_once return static switch throw trait try unset use var while xor yield'),
types: words('array bool float int iterable mixed never object self string void'),
literals: words('null true false NULL TRUE FALSE parent'),
},
rust: {
comment: C_COMMENT, string: `b?r#"[^]*?(?:"#|$)|b?r"[^"]*(?:"|$)|b?${LONG_QUOTED}|b?${CHARACTER}`,
special: "#!?\\[[^\\]\\n]*\\]?|\\b[a-z_]\\w*!(?=[ (\\[{])|'[a-z_]\\w*",
keywords: words('as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub ref return static struct super trait type union unsafe use where while'),
types: words('bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Box Option Result Self String Vec'),
literals: words('true false self None Some Ok Err'),
},
scala: {
comment: C_COMMENT, string: `[a-z]*"""[^]*?(?:"""|$)|[fs]?${QUOTED}|${CHARACTER}`, special: ANNOTATION,
keywords: words('abstract case catch class def derives do else end enum export extends extension final finally for forSome given if implicit import infix inline lazy macro match new object opaque open override package private protected return sealed super then throw trait transparent try type using val var while with yield'),
types: words('Any AnyRef Array Boolean Byte Char Double Float Int List Long Map Nothing Option Seq Set Short String Unit Vector'),
literals: words('null true false this None Some Nil'),
},
typescript: {
like: 'javascript', special: ANNOTATION, string: `${BACKQUOTED}|${QUOTED}|${QUOTED_ONCE}`,
keywords: words('abstract as asserts async await break case catch class const continue debugger declare default delete do else enum export extends finally for from function get if implements import in infer instanceof interface is keyof let module namespace new of out override private protected public readonly require return satisfies set static super switch throw try type typeof unique using var while with yield'),
types: words('any bigint boolean never number object string symbol unknown void Array Map Partial Promise Record Set'),
},
zig: {
comment: '\\/\\/.*', string: `\\\\\\\\.*|${QUOTED}|${CHARACTER}`, special: '@\\w+',
keywords: words('addrspace align allowzero and anyframe asm async await break callconv catch comptime const continue defer else enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while'),
types: words('anyerror anyopaque anytype bool comptime_float comptime_int f16 f32 f64 f128 i8 i16 i32 i64 i128 isize noreturn type u8 u16 u32 u64 u128 usize void'),
literals: words('null true false undefined'),
},
};
const CATALOGUE = {
"ada": {"title": "Ada", "aliases": ["gnat"], "file": "main.adb", "mode": "ada"},
"assembly": {"title": "Assembly (NASM)", "aliases": ["nasm", "asm"], "file": "main.asm", "mode": "nasm"},
"awk": {"title": "AWK", "aliases": ["gawk"], "file": "main.awk", "mode": "awk"},
"bc": {"title": "bc", "aliases": [], "file": "main.bc", "mode": "bc"},
"brainfuck": {"title": "Brainfuck", "aliases": ["bf"], "file": "main.bf", "mode": "brainfuck"},
"clojure": {"title": "Clojure", "aliases": ["clj"], "file": "main.clj", "mode": "clojure"},
"cobol": {"title": "COBOL", "aliases": ["cob", "gnucobol"], "file": "main.cob", "mode": "cobol"},
"common-lisp": {"title": "Common Lisp", "aliases": ["lisp", "sbcl", "cl"], "file": "main.lisp", "mode": "commonlisp"},
"cpp-batteries": {"title": "C++ with libraries", "aliases": ["cpp-libraries"], "file": "main.cpp", "mode": "cpp"},
"crystal": {"title": "Crystal", "aliases": ["cr"], "file": "main.cr", "mode": "crystal"},
"csharp": {"title": "C#", "aliases": ["cs", "c#", "mono"], "file": "main.cs", "mode": "csharp"},
"d": {"title": "D", "aliases": ["gdc", "dlang"], "file": "main.d", "mode": "d"},
"duckdb": {"title": "SQL (DuckDB)", "aliases": [], "file": "main.sql", "mode": "sql"},
"elixir": {"title": "Elixir", "aliases": ["exs"], "file": "main.exs", "mode": "elixir"},
"erlang": {"title": "Erlang", "aliases": ["erl"], "file": "main.erl", "mode": "erlang"},
"forth": {"title": "Forth", "aliases": ["pforth", "4th"], "file": "main.fth", "mode": "forth"},
"fortran": {"title": "Fortran", "aliases": ["gfortran", "f90", "f95"], "file": "main.f90", "mode": "fortran"},
"gnuplot": {"title": "gnuplot", "aliases": [], "file": "main.gp", "mode": "gnuplot"},
"go-batteries": {"title": "Go with packages", "aliases": [], "file": "main.go", "mode": "go"},
"graphviz": {"title": "Graphviz", "aliases": ["dot"], "file": "main.dot", "mode": "dot"},
"groovy": {"title": "Groovy", "aliases": [], "file": "main.groovy", "mode": "groovy"},
"haskell": {"title": "Haskell", "aliases": ["hs", "ghc"], "file": "main.hs", "mode": "haskell"},
"java-batteries": {"title": "Java with libraries", "aliases": ["java-libraries"], "file": "Main.java", "mode": "java"},
"javascript-batteries": {"title": "JavaScript with packages", "aliases": [], "file": "main.js", "mode": "javascript"},
"jq": {"title": "jq", "aliases": [], "file": "main.jq", "mode": "jq"},
"julia": {"title": "Julia", "aliases": ["jl"], "file": "main.jl", "mode": "julia"},
"kotlin": {"title": "Kotlin", "aliases": ["kt"], "file": "Main.kt", "mode": "kotlin"},
"lua": {"title": "Lua", "aliases": ["lua5", "lua54"], "file": "main.lua", "mode": "lua"},
"nim": {"title": "Nim", "aliases": [], "file": "main.nim", "mode": "nim"},
"ocaml": {"title": "OCaml", "aliases": ["ml"], "file": "main.ml", "mode": "ocaml"},
"octave": {"title": "Octave", "aliases": ["matlab"], "file": "main.m", "mode": "octave"},
"pascal": {"title": "Pascal", "aliases": ["fpc", "freepascal"], "file": "main.pas", "mode": "pascal"},
"perl": {"title": "Perl", "aliases": ["pl", "perl5"], "file": "main.pl", "mode": "perl"},
"php": {"title": "PHP", "aliases": ["php8"], "file": "main.php", "mode": "php"},
"postgresql": {"title": "SQL (PostgreSQL)", "aliases": ["postgres", "psql"], "file": "main.sql", "mode": "sql"},
"prolog": {"title": "Prolog", "aliases": ["swipl", "swi-prolog"], "file": "main.pro", "mode": "prolog"},
"pypy": {"title": "Python (PyPy)", "aliases": ["pypy3"], "file": "main.py", "mode": "python"},
"python-science": {"title": "Python with the libraries of science", "aliases": ["science", "scipy"], "file": "main.py", "mode": "python"},
"r": {"title": "R", "aliases": ["rscript"], "file": "main.R", "mode": "r"},
"racket": {"title": "Racket", "aliases": ["rkt"], "file": "main.rkt", "mode": "racket"},
"ruby": {"title": "Ruby", "aliases": ["rb"], "file": "main.rb", "mode": "ruby"},
"rust": {"title": "Rust", "aliases": ["rs", "rustc"], "file": "main.rs", "mode": "rust"},
"scala": {"title": "Scala", "aliases": ["scala2"], "file": "Main.scala", "mode": "scala"},
"scheme": {"title": "Scheme", "aliases": ["guile", "scm"], "file": "main.scm", "mode": "scheme"},
"sqlite": {"title": "SQL (SQLite)", "aliases": ["sqlite3", "sql"], "file": "main.sql", "mode": "sql"},
"tcl": {"title": "Tcl", "aliases": ["tclsh"], "file": "main.tcl", "mode": "tcl"},
"typescript": {"title": "TypeScript", "aliases": ["ts"], "file": "main.ts", "mode": "typescript"},
"webassembly": {"title": "WebAssembly text", "aliases": ["wat", "wasm"], "file": "main.wat", "mode": "wast"},
"zig": {"title": "Zig", "aliases": [], "file": "main.zig", "mode": "zig"},
};
const CLASSICS = {
ada: {
comment: DASH_COMMENT, string: `${PLAIN}|${CHARACTER}`, isCaseless: true, indent: '   ',
keywords: words('abort abs abstract accept access aliased all and array at begin body case constant declare delay delta digits do else elsif end entry exception exit for function generic goto if in interface is limited loop mod new not null of or others out overriding package parallel pragma private procedure protected raise range record rem renames requeue return reverse select separate some subtype synchronized tagged task terminate then type until use when while with xor'),
types: words('boolean character duration float integer long_float long_integer natural positive string unbounded_string'),
literals: words('true false'),
},
assembly: {
comment: SEMICOLON_COMMENT, string: `${PLAIN}|${PLAIN_ONCE}|\`[^\`\\n]*\`?`, special: '%\\w+', isCaseless: true,
keywords: words('adc add and bt call cdq cld cmova cmovae cmovb cmovbe cmove cmovg cmovl cmovne cmp cmpxchg cpuid cqo db dd dec default div dq dw equ extern global idiv imul inc int ja jae jb jbe jc je jg jge jl jle jmp jnc jne jns jnz jo js jz lea leave lodsb loop mov movq movsb movsd movss movsx movsxd movzx mul neg nop not or pop push rel rep resb resd resq resw ret rol ror sar sbb section segment seta setb sete setg setl setne shl shr stosb sub syscall test times xchg xor'),
types: words('al ah ax bl bh bx byte ch cl cx dh di dl dword dx eax ebp ebx ecx edi edx esi esp qword r8 r9 r10 r11 r12 r13 r14 r15 r8d r9d r10d r11d r12d r13d r14d r15d rax rbp rbx rcx rdi rdx rip rsi rsp si sil dil word xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7'),
},
brainfuck: { comment: '[^\\]\\[<>+.,-]+', string: QUOTED, keywords: words('') },
cobol: {
comment: '\\*>.*|(?<![^\\n]).{6}[*\\/].*', string: `${PLAIN}|${PLAIN_ONCE}`, word: '[\\p{L}][\\p{L}\\p{N}_-]*', isCaseless: true,
keywords: words('accept add after all also and are assign at author before by call cancel close compute configuration continue copy corresponding data delete delimited depending display divide division else end end-add end-call end-compute end-display end-divide end-evaluate end-if end-multiply end-perform end-read end-search end-string end-subtract end-unstring end-write environment equal evaluate exit fd file file-control from function giving go goback greater identification if in indexed initialize input input-output inspect intrinsic into is key less linkage local-storage move multiply next no not occurs of on open or organization other output overflow paragraph perform pic picture procedure program program-id read redefines remainder repository replacing returning rewrite rounded run search section select sentence set size sort start stop string subtract tallying than then through thru times to unstring until up upon usage using value values varying when with working-storage write'),
types: words('binary comp comp-1 comp-2 comp-3 comp-5 index packed-decimal pointer'),
literals: words('false high-value high-values low-value low-values quote quotes space spaces true zero zeroes zeros'),
},
forth: {
comment: '(?<!\\S)\\\\(?!\\S).*|(?<!\\S)\\( [^)]*\\)?', string: '(?<!\\S)[.sScCzZ]?(?:\\."|s"|c"|") [^"\\n]*"?', word: '[^\\s\\d]\\S*', isCaseless: true, indent: '  ',
keywords: words(': ; ?do +loop ! +! , @ >r r> r@ again allot begin case constant create do does> else endcase endof exit if immediate leave literal loop of postpone recurse repeat then to unloop until value variable while'),
types: words('. .s * + - / /mod < <> = > 0= 0< 1+ 1- 2* abs and bl cells cell+ chars cr depth drop dup ?dup emit execute fill here i invert j key lshift max min mod move negate nip or over pick rot rshift space spaces swap tuck type u. xor'),
literals: words('true false'),
},
fortran: {
comment: '!.*', string: `${PLAIN}|${PLAIN_ONCE}`, special: '\\.[a-zA-Z]{2,5}\\.', isCaseless: true, indent: '  ',
keywords: words('abstract allocatable allocate assign associate backspace block call case class close common concurrent contains continue cycle data deallocate deferred dimension do elemental else elseif end enddo endfile endfunction endif endmodule endprogram endsubroutine entry enum equivalence error exit extends external final flush forall format function generic go goto if implicit import in include inout inquire intent interface intrinsic kind len module namelist none nullify only open operator optional out parameter pause pointer print private procedure program protected public pure read recursive result return rewind save select stop submodule subroutine target then to type use value volatile where while write'),
types: words('character complex double integer logical precision real'),
},
pascal: {
comment: `\\/\\/.*|\\{[^}]*(?:\\}|$)|${PAREN_COMMENT}`, string: PLAIN_ONCE, special: '#\\d+', isCaseless: true, indent: '  ',
keywords: words('and array as asm begin case class const constructor destructor div do downto else end except exports file finalization finally for function goto if implementation in inherited inline initialization interface is label library mod nil not object of on operator or out packed private procedure program property protected public published raise record repeat set shl shr then threadvar to try type unit until uses var virtual while with xor'),
types: words('ansistring boolean byte cardinal char double extended int64 integer longint longword pchar pointer qword real shortint shortstring single smallint string text tobject word'),
literals: words('true false self result'),
},
webassembly: {
comment: ';;.*|\\(;[^]*?(?:;\\)|$)', string: QUOTED, special: '\\$[^\\s()";]+', word: '[a-z][\\w.]*', indent: '  ',
keywords: words('block br br_if br_table call call_indirect data drop elem else end export func global if import local loop memory module mut offset param result return select start table then type unreachable nop'),
types: words('externref f32 f64 funcref i32 i64 v128'),
},
};
const LISP = { comment: `${SEMICOLON_COMMENT}|#\\|[^]*?(?:\\|#|$)`, string: LONG_QUOTED, word: LISP_WORD, indent: '  ' };
const SCHEME = {
...LISP, special: '#\\\\\\w+|#:[\\w-]+',
keywords: words('and begin call/cc call-with-current-continuation case case-lambda cond cond-expand define define-record-type define-syntax define-values delay do else export guard if import lambda let let* let*-values let-syntax let-values letrec letrec* library module or parameterize quasiquote quote receive set! syntax-case syntax-rules unless unquote use-modules values when =>'),
types: words('append apply assoc car cdr cons display equal? error filter fold for-each format length list list-ref map newline not null? number->string pair? reverse string-append vector vector-ref write zero?'),
};
const FUNCTIONAL = {
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
const TEXTS = `${LONG_QUOTED}|${LONG_QUOTED_ONCE}`;
const RUBY = {
comment: `${HASH_COMMENT}|(?<![^\\n])=begin\\b[^]*?(?:\\n=end|$)`, string: TEXTS, indent: '  ',
special: '(?<!:):[a-zA-Z_]\\w*[?!]?|@{1,2}\\w+|\\$\\w+',
keywords: words('alias and begin break case class def defined? do else elsif end ensure extend for if in include loop module next not or prepend private protected public raise redo require require_relative rescue retry return super then undef unless until when while yield attr_accessor attr_reader attr_writer puts print'),
literals: words('nil true false self __FILE__ __method__'),
};
const SQL = {
comment: '--.*|\\/\\*[^]*?(?:\\*\\/|$)', string: "'[^']*(?:'|$)", isCaseless: true, indent: '  ',
keywords: words('add all alter and any as asc begin between by cascade case check collate column commit conflict constraint create cross current database default delete desc distinct do drop each else end except exists explain filter foreign from full function group having if in index inner insert intersect into is join key lateral left like limit natural not nothing on or order outer over partition pivot pragma primary qualify recursive references replace returning right rollback row rows select set table temporary then transaction trigger union unique update using vacuum values view when where window with'),
types: words('bigint blob boolean char date decimal double float int integer interval json jsonb numeric real serial smallint text time timestamp uuid varchar'),
literals: words('null true false current_date current_timestamp'),
};
const SCRIPTS = {
awk: {
comment: HASH_COMMENT, string: QUOTED, special: '\\$\\w+', indent: '  ',
keywords: words('BEGIN END BEGINFILE ENDFILE break case continue default delete do else exit for func function getline if in next nextfile print printf return switch while'),
types: words('atan2 close cos exp fflush gensub gsub index int length log match rand sin split sprintf sqrt srand strftime sub substr system systime tolower toupper'),
literals: words('ARGC ARGV ENVIRON FILENAME FNR FS NF NR OFS ORS RLENGTH RS RSTART SUBSEP'),
},
bc: {
comment: `${HASH_COMMENT}|\\/\\*[^]*?(?:\\*\\/|$)`, string: '"[^"]*(?:"|$)',
keywords: words('auto break continue define else for halt if length limits print quit read return scale sqrt void while'),
literals: words('ibase obase last'),
},
crystal: {
...RUBY, comment: HASH_COMMENT, string: `${LONG_QUOTED}|${CHARACTER}`,
keywords: words('abstract alias annotation as asm begin break case class def do else elsif end ensure enum extend for forall fun if in include instance_sizeof is_a? lib macro module next nil? of out pointerof private property protected puts raise require rescue responds_to? return select sizeof struct super then typeof uninitialized union unless until verbatim when while with yield getter setter'),
types: words('Array Bool Char Float32 Float64 Hash Int32 Int64 Nil Set String Symbol Tuple UInt8 UInt32 UInt64'),
},
duckdb: SQL,
gnuplot: {
comment: HASH_COMMENT, string: `${QUOTED}|${PLAIN_ONCE}`, special: '\\$\\w+', indent: '  ',
keywords: words('axes call do else exit fit for if in linespoints lines load pause plot points print replot reset set show splot title undefine unset using via while with'),
types: words('autoscale border boxwidth datafile grid key label logscale output samples size style terminal term tics xlabel xrange xtics ylabel yrange ytics'),
},
graphviz: {
comment: `\\/\\/.*|\\/\\*[^]*?(?:\\*\\/|$)|(?<![^\\n])#.*`, string: LONG_QUOTED, isCaseless: true, indent: '  ',
keywords: words('digraph edge graph node strict subgraph'),
types: words('arrowhead bgcolor color fillcolor fontname fontsize height label penwidth rank rankdir shape size splines style weight width'),
},
jq: {
comment: HASH_COMMENT, string: QUOTED, special: '\\$\\w+|@\\w+', indent: '  ',
keywords: words('and as catch def elif else end foreach if import include label module not or reduce then try'),
types: words('add all any ascii_downcase ascii_upcase contains del empty env error first flatten floor from_entries fromjson group_by has input inputs join keys last length limit map map_values max max_by min min_by path paths range recurse reverse select sort sort_by split sqrt test to_entries tojson tonumber tostring type unique unique_by values with_entries'),
literals: words('null true false'),
},
julia: {
comment: `#=[^]*?(?:=#|$)|${HASH_COMMENT}`, string: `"""[^]*?(?:"""|$)|${QUOTED}|${CHARACTER}`, special: '@\\w+', indent: '    ',
keywords: words('abstract baremodule begin break catch const continue do else elseif end export finally for function global if import in isa let local macro module mutable primitive quote return struct try type using where while'),
types: words('AbstractString Any Array Bool Char Complex Dict Float32 Float64 Int Int32 Int64 Matrix NamedTuple Nothing Number Rational Real Set String Symbol Tuple UInt8 UInt64 Union Vector'),
literals: words('true false nothing missing pi Inf NaN'),
},
lua: {
comment: '--\\[\\[[^]*?(?:\\]\\]|$)|--\\[=\\[[^]*?(?:\\]=\\]|$)|--.*', string: `\\[\\[[^]*?(?:\\]\\]|$)|${QUOTED}|${QUOTED_ONCE}`, indent: '  ',
keywords: words('and break do else elseif end for function goto if in local not or repeat return then until while'),
types: words('assert coroutine error io ipairs math next os pairs pcall print require select setmetatable string table tonumber tostring type utf8'),
literals: words('nil true false self _G _ENV'),
},
nim: {
comment: `#\\[[^]*?(?:\\]#|$)|${HASH_COMMENT}`, string: `[a-z]*"""[^]*?(?:"""|$)|r"[^"\\n]*"?|${QUOTED}|${CHARACTER}`, special: '\\{\\.\\w*', indent: '  ',
keywords: words('addr and as asm bind block break case cast concept const continue converter defer discard distinct div do echo elif else end enum except export finally for from func if import in include interface is isnot iterator let macro method mixin mod not notin object of or out proc ptr raise ref return shl shr static template try tuple type using var when while xor yield'),
types: words('array bool byte char cstring float float32 float64 int int8 int16 int32 int64 openArray seq set string uint uint8 uint16 uint32 uint64 void'),
literals: words('nil true false result'),
},
octave: {
comment: `%\\{[^]*?(?:%\\}|$)|${PERCENT_COMMENT}|${HASH_COMMENT}`, string: `${QUOTED}|(?<![\\w)\\]}.'])${PLAIN_ONCE}`, special: '@(?:\\w+)?',
keywords: words('break case catch classdef continue do else elseif end end_try_catch end_unwind_protect endfor endfunction endif endswitch endwhile for function global if methods otherwise parfor persistent properties return switch try until unwind_protect unwind_protect_cleanup while'),
types: words('disp eye fprintf linspace ones printf rand size zeros'),
literals: words('true false pi e Inf NaN NA i j ans'),
},
perl: {
comment: '(?<![\\w$&{"\'])#.*|(?<![^\\n])=[a-z]\\w*[^]*?(?:\\n=cut|$)', string: TEXTS, special: '[$@%]\\w+|\\$[#{&!@$_]',
keywords: words('and bless chomp cmp continue defined delete die do each else elsif eq eval exists for foreach ge given goto grep gt if join keys last le local lt map my ne next no not open or our package pop print printf push redo ref require return reverse say scalar shift sort splice split sprintf state sub substr unless unshift until use values wantarray warn when while x xor'),
literals: words('undef __PACKAGE__ __FILE__ __LINE__ STDIN STDOUT STDERR'),
},
postgresql: { ...SQL, string: `${SQL.string}|\\$\\$[^]*?(?:\\$\\$|$)` },
r: {
comment: HASH_COMMENT, string: TEXTS, word: '[\\p{L}._][\\p{L}\\p{N}._]*', indent: '  ',
keywords: words('break else for function if in library next repeat require return while'),
types: words('c cat character data.frame factor integer lapply length list logical matrix numeric paste paste0 print rep sapply seq vector'),
literals: words('NULL NA NA_character_ NA_integer_ NA_real_ NaN Inf TRUE FALSE T F pi'),
},
ruby: RUBY,
sqlite: SQL,
tcl: {
comment: '(?<![^\\n;])[ \\t]*#.*', string: LONG_QUOTED, special: '\\$(?:\\{[^}\\n]*\\}?|[\\w:]+)',
keywords: words('after append apply array break catch continue dict else elseif error eval exit expr file for foreach format global if incr info join lappend lassign lindex list llength lmap lrange lreplace lsearch lset lsort namespace package proc puts read regexp regsub rename return scan set source split string subst switch tailcall throw trace try unset uplevel upvar variable vwait while yield'),
literals: words('true false yes no on off'),
},
};
const LIKE = {
'cpp-batteries': { like: 'cpp' }, 'go-batteries': { like: 'go' }, 'java-batteries': { like: 'java' },
'javascript-batteries': { like: 'javascript' }, pypy: { like: 'python' }, 'python-science': { like: 'python' },
};
const COLOURED = { ...BRACKETS, ...CLASSICS, ...FUNCTIONAL, ...SCRIPTS, ...LIKE };
function further(usual) {
const described = Object.entries(CATALOGUE).map(([name, said]) => {
const { like, ...own } = COLOURED[name] ?? {};
return [name, { indent: '    ', ...usual[like], ...own, ...said }];
});
return Object.fromEntries(described);
}
export { further };
