// Languages of scripts, of text, of data and of pictures.

import { HASH_COMMENT, QUOTED, QUOTED_ONCE, words } from '../src/patterns.js';
import { CHARACTER, LONG_QUOTED, LONG_QUOTED_ONCE, PERCENT_COMMENT, PLAIN_ONCE } from './pieces.js';

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

/** By name, as in `../src/languages.js`. */
export const SCRIPTS = {
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

/** With other libraries, or in another interpreter, they look the same. */
export const LIKE = {
  'cpp-batteries': { like: 'cpp' }, 'go-batteries': { like: 'go' }, 'java-batteries': { like: 'java' },
  'javascript-batteries': { like: 'javascript' }, pypy: { like: 'python' }, 'python-science': { like: 'python' },
};
