// Exercises: what a program printed beside what it should print.

const MOST_LINES = 400; // compared line by line; of more, only the first that differs is shown
const MOST_SHOWN = 40;

/** Whether they are the same but for white space at the ends of lines and of the text; and where they are not, what
 * differs: rows `{kind, text}`, `kind` one of `same`, `missing` (should be there), `extra` (should not), `cut`. */
export function compared(printed, expected) {
  const [got, wanted] = [linesOf(printed), linesOf(expected)];
  if (got.length === wanted.length && got.every((line, at) => line === wanted[at])) return { isRight: true, rows: [] };
  const isMuch = Math.max(got.length, wanted.length) > MOST_LINES;
  const shown = isMuch ? firstDifference(got, wanted) : around(difference(got, wanted));
  const cut = shown.length > MOST_SHOWN ? [{ kind: 'cut', text: '' }] : [];
  return { isRight: false, rows: [...shown.slice(0, MOST_SHOWN), ...cut] };
}

function linesOf(text) {
  return text.split('\n').map((line) => line.trimEnd()).join('\n').trimEnd().replace(/^\n+/, '').split('\n');
}

function firstDifference(got, wanted) {
  let at = 0;
  while (got[at] === wanted[at]) at++;
  const rows = [];
  if (at < wanted.length) rows.push({ kind: 'missing', text: wanted[at] });
  if (at < got.length) rows.push({ kind: 'extra', text: got[at] });
  return [...rows, { kind: 'cut', text: '' }];
}

/** By the longest common subsequence of lines. */
function difference(got, wanted) {
  const [width, height] = [got.length + 1, wanted.length + 1];
  const longest = new Uint16Array(width * height);
  for (let w = wanted.length - 1; w >= 0; w--) {
    for (let g = got.length - 1; g >= 0; g--) {
      longest[w * width + g] = wanted[w] === got[g]
        ? longest[(w + 1) * width + g + 1] + 1
        : Math.max(longest[(w + 1) * width + g], longest[w * width + g + 1]);
    }
  }
  const rows = [];
  for (let w = 0, g = 0; w < wanted.length || g < got.length;) {
    if (w < wanted.length && g < got.length && wanted[w] === got[g]) {
      rows.push({ kind: 'same', text: wanted[w] });
      w++;
      g++;
    } else if (g === got.length || (w < wanted.length && longest[(w + 1) * width + g] >= longest[w * width + g + 1])) {
      rows.push({ kind: 'missing', text: wanted[w++] });
    } else rows.push({ kind: 'extra', text: got[g++] });
  }
  return rows;
}

/** The rows that differ, each with the line before and after it. */
function around(rows) {
  const isNear = (at) => [at - 1, at, at + 1].some((near) => rows[near] && rows[near].kind !== 'same');
  const shown = [];
  rows.forEach((row, at) => {
    if (isNear(at)) shown.push(row);
    else if (shown.length > 0 && shown[shown.length - 1].kind !== 'cut') shown.push({ kind: 'cut', text: '' });
  });
  if (shown[shown.length - 1]?.kind === 'cut') shown.pop();
  return shown;
}
