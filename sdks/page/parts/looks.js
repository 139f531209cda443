// How CodeMirror looks: as the plain editor, by the block's own custom properties (`../src/styles.js`).

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--paper)', fontSize: 'inherit' },
  '&.cm-focused': { outline: 'none' },
  '&.cm-focused::after': { content: '""', position: 'absolute', inset: '0', zIndex: '300', border: '2px solid var(--accent)', pointerEvents: 'none' },
  '.cm-scroller': { font: 'inherit', maxHeight: 'var(--code-runner-editor-height, none)' },
  '.cm-content': { padding: '0.9em 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 1em' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { color: 'var(--quiet)', backgroundColor: 'var(--paper)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--ink) 5%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 26%, transparent)',
  },
  '.cm-lintRange-error, .cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textDecorationSkipInk: 'none' },
  '.cm-lintRange-warning': { textDecorationColor: 'var(--warning)' },
  '.cm-lint-marker-error, .cm-lint-marker-warning': { content: '"●"', color: 'var(--bad)' },
  '.cm-lint-marker-warning': { color: 'var(--warning)' },
  '.cm-tooltip, .cm-panels': { color: 'var(--ink)', backgroundColor: 'var(--output-paper)', borderColor: 'var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { color: 'var(--on-accent)', backgroundColor: 'var(--accent)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.processingInstruction], color: 'var(--keyword)' },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: 'var(--string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--number)' },
  { tag: tags.comment, color: 'var(--comment)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className, tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--name)' },
]);

export const looks = [theme, syntaxHighlighting(colours)];
