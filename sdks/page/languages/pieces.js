// What several of the further languages have alike, as regular expressions.

export const DASH_COMMENT = '--.*';
export const PERCENT_COMMENT = '%.*';
export const SEMICOLON_COMMENT = ';.*';
/** A text that goes on over the ends of lines. */
export const LONG_QUOTED = '"(?:[^"\\\\]|\\\\[^]?)*(?:"|$)';
export const LONG_QUOTED_ONCE = "'(?:[^'\\\\]|\\\\[^]?)*(?:'|$)";
/** Texts in which a quote stands for itself where it is written twice. */
export const PLAIN = '"[^"\\n]*"?';
export const PLAIN_ONCE = "'[^'\\n]*'?";
/** One character; a lone quote is something else, such as a lifetime or the name of a type. */
export const CHARACTER = "'(?:[^'\\\\\\n]|\\\\[^\\n][^'\\n]{0,9})'";
export const PAREN_COMMENT = '\\(\\*[^]*?(?:\\*\\)|$)';
export const LISP_WORD = '[\\p{L}_*+!?<>=\\/&%$.-][\\p{L}\\p{N}_*+!?<>=\\/&%$.:-]*';
export const ANNOTATION = '@\\w+';
