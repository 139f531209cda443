// The code that a page already shows: which it is, in which language, and what of the page steps back for the editor.

import { bare, found, trimmed } from './dom.js';
import { isKnown, languageNamed } from './languages.js';

const NAMED = /(?:^|\s)(?:(?:language|lang|highlight-source|highlight)-|brush:\s*)([\w+#.-]+)/;
const NUMBERS = '.lineno, .linenos, .ln, .line-number, .lnt, .gutter, [data-line-number]:empty, button';

/** The element with the code: inside, by the page's selector, or before the element. Null where there is none. */
export function codeFor(element, selector) {
  const own = element.querySelector(':scope > pre, :scope > :not(pre, output, [slot]) pre');
  if (own && !selector) return own.querySelector('code') ?? own;
  const before = element.previousElementSibling ?? element.parentElement?.previousElementSibling;
  if (!selector) return before ? within(before) : null;
  if (!selector.startsWith('@prev')) return found(selector);
  return before ? found(selector.slice(5).trim() || 'code', before) : null;
}

/** The code in a box; beside it there may be a column of numbers, which is marked as code as well. */
function within(box) {
  const all = ['pre code', 'code', 'pre'].flatMap((one) => [...box.querySelectorAll(one)]);
  return all.find((one) => bare(one)) ?? (box.matches('pre, code') ? box : null);
}

/** The element with the output that the page's author recorded: an `<output>` inside, or what is named. */
export function recordedFor(element, named) {
  const inside = element.querySelector('output');
  const next = element.nextElementSibling ?? element.parentElement?.nextElementSibling ?? undefined;
  if (!named) return inside ?? (named === '' ? next : undefined);
  if (!named.startsWith('@next')) return found(named) ?? undefined;
  return named.length > 5 && next ? found(named.slice(5).trim(), next) ?? undefined : next;
}

/** Its text, without what Markdown engines put beside it. */
export function sourceOf(code) {
  const copy = code.cloneNode(true);
  for (const one of copy.querySelectorAll(NUMBERS)) one.remove();
  for (const one of copy.querySelectorAll('br')) one.replaceWith('\n');
  return trimmed(copy.textContent.replace(/\r\n?/g, '\n').replace(/\u00a0/g, ' '));
}

/** The language that the classes of the code or of what is around it name; '' where they name none. */
export function languageOf(code) {
  for (let one = code, steps = 0; one && steps < 5; one = one.parentElement, steps++) {
    const name = one.dataset.lang ?? one.dataset.language ?? NAMED.exec(one.className)?.[1];
    if (name && (isKnown(name) || steps < 2)) return languageNamed(name);
  }
  return '';
}

/** What is hidden of the page while the editor is there: the code, and the boxes that hold nothing else but numbers. */
export function boxOf(code, element) {
  let box = code.closest('pre') ?? code;
  for (let next = box.parentElement; next && next !== document.body && !next.contains(element); next = next.parentElement) {
    if (bare(next) !== bare(code)) break;
    box = next;
  }
  return box;
}
