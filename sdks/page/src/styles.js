// How it looks. Every colour and size is a custom property that a page may set (docs/page.md), and sides are the script's
// own: start and end. Dark or light is the page's `color-scheme`.

/** What a page may set, in the light and in the dark. */
const COLOURS = `
paper #fcfcfb #181b1f
output-paper #f5f5f2 #121417
ink #22262b #e2e5e9
quiet #5f6670 #a0a8b3
line #e2e2dd #2d3238
accent #0b6b62 #5fd0c0
on-accent #fff #06231f
good #19692f #84d698
bad #b3261e #ff9d93
warning #7d5700 #e8c069
keyword #7a3ea8 #c9a7f5
string #1a6b3c #9bd6a6
number #9a4a00 #f0b27a
comment #6a7078 #8e97a3
name #1d5fa8 #8fbff5
`;

/** The custom properties, of what `of(light, dark)` gives. */
function colours(of) {
  return COLOURS.replace(/(.+) (.+) (.+)/g, (_, name, light, dark) => `--${name}: var(--code-runner-${name}, ${of(light, dark)});`);
}

const TEXT = `
:host {
  ${colours((light) => light)}
  display: block;
  margin: var(--code-runner-margin, 1.25em 0);
  color: var(--ink);
  font: var(--code-runner-size, 0.9375rem)/1.6 var(--code-runner-font, ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace);
  text-align: start;
  container-type: inline-size;
}
@supports (color: light-dark(#000, #fff)) {
  :host {${colours((light, dark) => `light-dark(${light}, ${dark})`)}}
}
:host([hidden]) { display: none; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="light"]) { color-scheme: light; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame { border: 1px solid var(--line); border-radius: var(--code-runner-radius, 0.6rem); background: var(--paper); overflow: clip; transition: border-color 0.15s; }
.frame:focus-within { border-color: color-mix(in srgb, var(--accent) 55%, var(--line)); }
.frame:has(.editor textarea:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }

.editor { position: relative; overflow-x: auto; overscroll-behavior-x: contain; }
.colours, .editor textarea, .mark { margin: 0; border: 0; padding: 0.9em 1em; font: inherit; font-variant-ligatures: none; letter-spacing: 0; tab-size: 4; white-space: pre; text-align: left; }
.colours { width: 100%; min-width: max-content; min-height: calc(1lh + 1.8em); pointer-events: none; }
.editor textarea { position: absolute; inset: 0; width: 100%; height: 100%; resize: none; overflow: hidden; border-radius: 0; background: none; color: transparent; caret-color: var(--ink); outline: 0; }
::selection { background: color-mix(in srgb, var(--accent) 26%, transparent); }
.keyword, .special { color: var(--keyword); }
.string { color: var(--string); }
.number, .literal { color: var(--number); }
.comment { color: var(--comment); font-style: italic; }
.call, .type { color: var(--name); }
.marks { position: absolute; inset: 0; min-width: 100%; pointer-events: none; }
.mark { position: absolute; inset-inline: 0; top: calc(0.9em + var(--row) * 1lh); height: 1lh; padding-block: 0; padding-left: calc(1em + var(--length) * 1ch + 3ch); overflow: hidden; background: color-mix(in srgb, var(--bad) 12%, transparent); box-shadow: inset 3px 0 var(--bad); color: var(--bad); }
.mark.warning { background: color-mix(in srgb, var(--warning) 12%, transparent); box-shadow: inset 3px 0 var(--warning); color: var(--warning); }
.mark span { font-size: 0.86em; font-style: italic; }

.stdin { display: flex; gap: 0.8em; align-items: baseline; padding: 0.4em 1em; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.86em; }
.stdin textarea { flex: 1; min-width: 0; padding: 0.3em 0.5em; border: 1px solid var(--line); border-radius: 0.35em; background: var(--output-paper); color: var(--ink); font: inherit; font-size: max(1em, 0.8rem); resize: vertical; field-sizing: content; max-height: 8lh; }

.bar { display: flex; align-items: center; gap: 0.25em 0.5em; padding-block: 0.4em; padding-inline: 0.5em 1em; border-top: 1px solid var(--line); font-size: 0.86em; line-height: 1.3; }
button { border: 0; border-radius: 0.4em; background: none; color: var(--quiet); font: inherit; font-weight: 600; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
:is(button, .stdin textarea, .output):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.run { display: flex; align-items: center; gap: 0.55em; min-height: 2.5em; padding: 0 1em 0 0.85em; background: var(--accent); color: var(--on-accent); }
.run:hover { filter: brightness(1.08); }
.run:active { transform: translateY(1px); }
.run i { width: 0.62em; height: 0.72em; background: currentColor; clip-path: polygon(0 0, 100% 50%, 100% 50%, 0 100%); }
.labels { display: grid; }
.labels > * { grid-area: 1 / 1; text-align: center; }
.halt { visibility: hidden; }
.busy .go { visibility: hidden; }
.busy .halt { visibility: visible; }
.busy .run { background: var(--ink); color: var(--paper); }
.busy .run i { height: 0.62em; clip-path: none; border-radius: 0.08em; }
.quiet { min-height: 2.3em; padding: 0 0.6em; white-space: nowrap; }
.quiet:hover { color: var(--ink); background: color-mix(in srgb, var(--ink) 7%, transparent); }
.status { flex: 1; min-width: 0; display: flex; gap: 0 0.9em; align-items: baseline; padding-inline: 0.5em; color: var(--quiet); overflow: hidden; white-space: nowrap; font-variant-numeric: tabular-nums; }
.status b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.status.well b { color: var(--good); }
.status.badly { flex-wrap: wrap; white-space: normal; overflow-wrap: anywhere; }
.status.badly b { color: var(--bad); }
.status > *, .language, code { unicode-bidi: plaintext; }
.status.well b::before { content: "✓ "; }
.status.badly b::before { content: "✗ "; }
.status.busy b::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; margin-inline-end: 0.6em; border-radius: 50%; background: var(--accent); animation: pulse 1.1s ease-in-out 0.15s infinite; }
@keyframes pulse { 50% { opacity: 0.25; } }
.edited { display: flex; }
.edited.off { visibility: hidden; }
.language { color: var(--quiet); white-space: nowrap; }

.notes > * { margin: 0; padding: 0.7em 1em; border-top: 1px solid var(--line); font-size: 0.86em; }
.notes ul { list-style: none; }
.notes li { overflow-wrap: anywhere; }
.findings button { padding: 0 0.15em; color: var(--bad); text-decoration: underline; text-underline-offset: 0.2em; }
.comparison li { display: flex; gap: 1em; padding: 0 0.5em; border-radius: 0.25em; }
.comparison code { font: inherit; white-space: pre-wrap; }
.kind { flex: none; width: 5.5em; color: var(--quiet); }
.comparison .missing { background: color-mix(in srgb, var(--good) 12%, transparent); }
.comparison .extra { background: color-mix(in srgb, var(--bad) 12%, transparent); }
.comparison .same .kind { visibility: hidden; }

.outcome { border-top: 1px solid var(--line); background: var(--output-paper); }
.output { max-height: var(--code-runner-output-height, 26em); margin: 0; padding: 0.9em 1em; overflow: auto; font: inherit; font-size: 0.94em; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; unicode-bidi: plaintext; text-align: start; outline-offset: -2px !important; }
.output .err { color: var(--bad); }
.output.recorded { color: var(--quiet); }

@container (max-width: 36em) {
  .bar { flex-wrap: wrap; }
  .edited { flex: 1 0 60%; justify-content: end; }
  .status, .language { order: 1; min-height: 1.6em; }
  .status { flex-basis: calc(100% - 8em); }
  .mark span { display: none; }
  .run, .quiet { min-height: 2.9em; }
}
@media (max-width: 36em) and (pointer: coarse) {
  .editor, .stdin textarea { font-size: 16px; }
}
@media (prefers-reduced-motion: reduce) {
  * { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .colours { visibility: hidden; }
  .editor textarea { color: CanvasText; }
  .run { border: 1px solid; }
}
@media print {
  .bar { display: none; }
}
`;

let made;

/** The sheet of all elements. */
export function sheet() {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(TEXT);
  }
  return made;
}
