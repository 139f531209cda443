// What the gateway found in compilers' messages and uncaught errors, put where the reader sees the lines.

const MOST_FINDINGS = 5;

/** The findings of an execution as `{line, column, severity, message}`, lines counted as in the editor; `line` 0 where
 * it is none of the reader's. `before`: lines of the program above the reader's; `lines`: how many those are;
 * `files`: the names of files that are not the reader's. */
export function findings(execution, { before = 0, lines, files = [] }) {
  const told = Array.isArray(execution.diagnostics) ? execution.diagnostics : [];
  const found = told.filter(({ severity, message }) => severity !== 'NOTE' && message).map((one) => {
    const line = one.line - before;
    const isReaders = one.line > 0 && !files.includes(one.file) && line >= 1 && line <= lines;
    return { line: isReaders ? line : 0, column: one.column, severity: one.severity, message: worded(one) };
  });
  return found.slice(0, MOST_FINDINGS);
}

function worded({ code, message }) {
  const isName = /^[A-Z][\w.]*$/.test(code); // of an error that was thrown, as people know it
  return isName && !message.startsWith(code) ? `${code}: ${message}` : message;
}
