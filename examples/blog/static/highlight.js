"use strict";
// Colours for five languages: comments, strings, numbers and keywords are all a short sample needs.
const KEYWORDS = {
  python: "and as assert async await break class continue def del elif else except finally for from global if import in is lambda None nonlocal not or pass raise return True False try while with yield",
  javascript: "async await break case catch class const continue default delete do else export extends false finally for function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield",
  java: "abstract boolean break byte case catch char class continue default do double else enum extends false final finally float for if implements import instanceof int interface long new null package permits private protected public record return sealed short static super switch this throw throws true try var void while",
  cpp: "auto bool break case catch char class const constexpr continue default delete do double else enum explicit false float for friend if inline int long namespace new noexcept nullptr operator private protected public return short signed sizeof static struct switch template this throw true try typename unsigned using virtual void while",
  go: "break case chan const continue default defer else fallthrough for func go goto if import interface map nil package range return select struct switch type var true false int string error",
};
const COMMENT = { python: "#.*", other: "\\/\\/.*|\\/\\*[^]*?(?:\\*\\/|$)" };

function highlighter(language) {
  const words = new Set(KEYWORDS[language].split(" "));
  const preprocessor = language === "cpp" ? "|(?<=^|\\n)#\\w+" : "";
  const token = new RegExp(
    `(?<c>${COMMENT[language] || COMMENT.other})` +
    "|(?<s>\"\"\"[^]*?(?:\"\"\"|$)|`(?:[^`\\\\]|\\\\[^])*(?:`|$)|\"(?:[^\"\\\\\\n]|\\\\.)*\"?|(?<![\\w])'(?:[^'\\\\\\n]|\\\\.)*'?)" +
    "|(?<n>\\b\\d[\\w.'_]*)" + `|(?<w>[A-Za-z_]\\w*${preprocessor})`, "g");
  return (source, into) => {
    const parts = [];
    let at = 0;
    for (const match of source.matchAll(token)) {
      const { c, s, n, w } = match.groups;
      const kind = c ? "c" : s ? "s" : n ? "n" : words.has(w) || w.startsWith("#") ? "k" : "";
      if (!kind) continue;
      const span = document.createElement("span");
      span.className = kind;
      span.textContent = match[0];
      parts.push(source.slice(at, match.index), span);
      at = match.index + match[0].length;
    }
    into.replaceChildren(...parts, source.slice(at), "\n");
  };
}
