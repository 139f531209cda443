// Languages of the first decades, and those of machines.

import { QUOTED, words } from '../src/patterns.js';
import { CHARACTER, DASH_COMMENT, PAREN_COMMENT, PLAIN, PLAIN_ONCE, SEMICOLON_COMMENT } from './pieces.js';

/** By name, as in `../src/languages.js`. */
export const CLASSICS = {
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
