// The editor: a `<textarea>` with nothing to see but its caret, over the same text in colours. What readers type into is
// the browser's own: it is undone, spoken, translated into other scripts and scrolled as everywhere.

import { make } from './dom.js';
import { pieces } from './highlight.js';
import { LANGUAGES } from './languages.js';
import { said, WORDS } from './words.js';

/** `element` belongs into the page. `onEdit()`, `onRun()`: told of edits, and of the keys that run. */
export class Editor {
  #language;
  #colours = make('pre', { className: 'colours', ariaHidden: 'true' });
  #marks = make('div', { className: 'marks', ariaHidden: 'true' });
  #area;
  #hasTyped = false;

  constructor({ language, title, source, isReadOnly, onEdit, onRun }) {
    this.#language = language;
    this.onEdit = onEdit;
    this.onRun = onRun;
    this.#area = make('textarea', {
      value: source, readOnly: isReadOnly, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', wrap: 'off', part: 'code',
      dir: 'ltr', ariaLabel: said('code', { language: title }), ...(isReadOnly ? {} : { 'aria-description': WORDS.keys }),
    });
    this.#area.setAttribute('autocorrect', 'off');
    this.#area.addEventListener('input', () => this.#edited());
    this.#area.addEventListener('keydown', (event) => this.#key(event));
    this.element = make('div', { className: 'editor', dir: 'ltr' }, this.#marks, this.#colours, this.#area);
    this.#paint();
  }

  get value() {
    return this.#area.value;
  }

  set value(source) {
    this.#area.value = source;
    this.#edited();
  }

  focus() {
    this.#area.focus();
  }

  /** Marks the lines of findings; an edit takes the marks away. */
  mark(findings) {
    const lines = this.value.split('\n');
    const seen = new Set();
    const marked = findings.filter(({ line }) => line > 0 && !seen.has(line) && seen.add(line));
    this.#marks.replaceChildren(...marked.map(({ line, message, severity }) => {
      const words = make('span', { textContent: message.split('\n')[0] });
      const mark = make('div', { className: `mark ${severity === 'WARNING' ? 'warning' : ''}` }, words);
      mark.style.setProperty('--row', line - 1);
      mark.style.setProperty('--length', lines[line - 1].replace(/\t/g, '    ').length);
      return mark;
    }));
    const isWrong = marked.some(({ severity }) => severity !== 'WARNING');
    this.#area.toggleAttribute('aria-invalid', isWrong);
    if (isWrong) this.#area.setAttribute('aria-invalid', 'true');
  }

  /** Puts the caret into a line. */
  goTo(line, column = 1) {
    const lines = this.value.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = start + Math.min(Math.max(column - 1, 0), lines[line - 1]?.length ?? 0);
    this.#area.focus();
    this.#area.setSelectionRange(at, at);
  }

  #edited() {
    this.#paint();
    this.mark([]);
    this.onEdit();
  }

  #paint() {
    this.#colours.replaceChildren(...pieces(this.value, this.#language).map(([kind, text]) => (
      kind ? make('span', { className: kind, textContent: text }) : text
    )), '\n');
  }

  #key(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing } = event;
    if (isComposing) return;
    if (key === 'Enter' && (ctrlKey || metaKey)) {
      event.preventDefault();
      this.onRun();
    } else if (key === 'Tab' && !ctrlKey && !metaKey && !altKey && this.#hasTyped && !this.#area.readOnly) {
      event.preventDefault(); // before anything is typed, and after Escape, it leaves the editor as everywhere
      if (shiftKey) this.#outdent();
      else this.#write(this.indent);
    } else if (key === 'Enter' && !altKey && !shiftKey && !this.#area.readOnly) {
      const white = /^[ \t]*/.exec(this.#lineBefore())[0];
      const deeper = /[:{([]\s*$/.test(this.#lineBefore()) ? this.indent : '';
      if (white || deeper) {
        event.preventDefault();
        this.#write(`\n${white}${deeper}`);
      }
    }
    if (key === 'Escape') this.#hasTyped = false;
    else if (key.length === 1 && !ctrlKey && !metaKey) this.#hasTyped = true;
  }

  /** What one step in is. */
  get indent() {
    return LANGUAGES[this.#language]?.indent ?? '    ';
  }

  #lineBefore() {
    return this.value.slice(this.value.lastIndexOf('\n', this.#area.selectionStart - 1) + 1, this.#area.selectionStart);
  }

  #outdent() {
    const { selectionStart: at } = this.#area;
    const start = at - this.#lineBefore().length;
    const white = new RegExp(`^(?:\t| {1,${this.indent.length}})`).exec(this.value.slice(start))?.[0].length ?? 0;
    if (!white) return;
    this.#area.setSelectionRange(start, start + white);
    this.#write('');
    this.#area.setSelectionRange(Math.max(start, at - white), Math.max(start, at - white));
  }

  /** Old as it is, only this writes so that Undo takes it back. */
  #write(text) {
    const has = text ? document.execCommand('insertText', false, text) : document.execCommand('delete');
    if (has) return;
    this.#area.setRangeText(text, this.#area.selectionStart, this.#area.selectionEnd, 'end');
    this.#edited();
  }
}
