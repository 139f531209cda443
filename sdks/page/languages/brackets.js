// Languages with braces: those near C, C#, Java and JavaScript.

import { BACKQUOTED, BLOCK_QUOTED, C_COMMENT, QUOTED, QUOTED_ONCE, words } from '../src/patterns.js';
import { ANNOTATION, CHARACTER, LONG_QUOTED, LONG_QUOTED_ONCE } from './pieces.js';

/** By name, as in `../src/languages.js`. */
export const BRACKETS = {
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
