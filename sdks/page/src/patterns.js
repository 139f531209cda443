// What programs are made of, as regular expressions: what several languages have alike.

export const C_COMMENT = '\\/\\/.*|\\/\\*[^]*?(?:\\*\\/|$)';
export const HASH_COMMENT = '#.*';
export const QUOTED = '"(?:[^"\\\\\\n]|\\\\.)*"?';
export const QUOTED_ONCE = "'(?:[^'\\\\\\n]|\\\\.)*'?";
export const BACKQUOTED = '`(?:[^`\\\\]|\\\\[^]?)*(?:`|$)';
export const BLOCK_QUOTED = '"""(?:[^\\\\]|\\\\[^]?)*?(?:"""|$)';

/** The words of a text. */
export const words = (text) => new Set(text.split(/\s+/));
