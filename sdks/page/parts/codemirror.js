// CodeMirror in the place of the plain editor: `codemirror.mjs`, which `../src/rich_editor.js` fetches.

import { indentUnit } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { indentWithTab } from '@codemirror/commands';

import { modeOf } from './modes.js';
import { looks } from './looks.js';

/** Puts CodeMirror in the place of the plain editor, once nobody is in that: who types keeps his caret. `about`: what the
 * plain one was made of; `root`: the tree in which it is. */
export async function enrich(plain, about, root) {
  const { element, indent } = plain;
  while (element.matches(':focus-within')) {
    await new Promise((resolve) => element.addEventListener('focusout', resolve, { once: true }));
  }
  const area = element.querySelector('textarea');
  const [label, keys] = [area.ariaLabel, area.getAttribute('aria-description')];
  const rich = new RichEditor({ ...about, source: plain.value, root, label, keys, indent });
  element.replaceWith(rich.element);
  return rich;
}

/** As the plain `Editor`: `element` belongs into the page; `onEdit()`, `onRun()`: told of edits, and of the keys that run.
 * `root`: the tree in which it will be; its styles go there. */
class RichEditor {
  #view;

  constructor({ root, mode, label, keys, source, indent, isReadOnly, onEdit, onRun }) {
    const run = () => {
      onRun();
      return true;
    };
    this.element = document.createElement('div');
    this.element.className = 'rich';
    this.element.dir = 'ltr';
    this.#view = new EditorView({
      root,
      parent: this.element,
      doc: source,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run }, { key: 'Ctrl-Enter', run }])),
        basicSetup,
        keymap.of([indentWithTab]), // after Escape, Tab leaves the editor: CodeMirror's own rule
        indentUnit.of(indent),
        modeOf(mode),
        lintGutter(),
        looks,
        EditorState.readOnly.of(isReadOnly),
        EditorView.domEventHandlers({ beforeinput: overSelection }),
        EditorView.contentAttributes.of({ 'aria-label': label, ...(isReadOnly ? {} : { 'aria-description': keys }) }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          queueMicrotask(() => this.mark([])); // not while it is still being changed
          onEdit();
        }),
      ],
    });
  }

  get value() {
    return this.#view.state.doc.toString();
  }

  set value(source) {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: source } });
  }

  focus() {
    this.#view.focus();
  }

  /** Marks the lines of findings. */
  mark(findings) {
    const { doc } = this.#view.state;
    const found = findings.filter(({ line }) => line > 0 && line <= doc.lines).map(({ line, message, severity }) => {
      const { from, to } = doc.line(line);
      return { from, to, message, severity: severity === 'WARNING' ? 'warning' : 'error' };
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, found));
  }

  /** Puts the caret into a line. */
  goTo(line, column = 1) {
    const { doc } = this.#view.state;
    const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.#view.dispatch({ selection: { anchor: Math.min(from + Math.max(column - 1, 0), to) }, scrollIntoView: true });
    this.focus();
  }
}

/** What is typed in the place of a selection: left to itself, Chromium writes the styles of what was there into the text,
 * as attributes, of which a content security policy complains. */
function overSelection(event, view) {
  const { from, to, empty } = view.state.selection.main;
  const { inputType, data, isComposing } = event;
  if (inputType !== 'insertText' || !data || isComposing || empty || view.state.readOnly) return false;
  event.preventDefault();
  const insert = () => view.state.update({ ...view.state.replaceSelection(data), userEvent: 'input.type', scrollIntoView: true });
  const isTaken = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, data, insert));
  if (!isTaken) view.dispatch(insert());
  return true;
}
