// `<code-runner>`: a program of a page that its readers run.
//
// Its parts are in a shadow tree: an editor whose text lies over its colours to the pixel cannot stand a theme's rules for
// `pre`, `textarea` and `button`, and the theme needs none of ours. The page's own code stays where it is, for those
// without scripts, for feeds and for search engines; it is hidden while the editor is there. Styles are adopted sheets,
// made through the CSSOM: the strictest policy (`style-src 'none'`) lets them be.

import { boxOf, codeFor, languageOf, recordedFor, sourceOf } from './attach.js';
import { Bar } from './bar.js';
import { differenceView } from './difference_view.js';
import { found, make, textOf, trimmed } from './dom.js';
import { Editor } from './editor.js';
import { findings } from './error_lines.js';
import { compared } from './exercise.js';
import { findingsView } from './findings_view.js';
import { inputField } from './input_field.js';
import { LeftFiles } from './left_files.js';
import { languageNamed, titleOf } from './languages.js';
import { OutputView } from './output_view.js';
import { eventsOf, withLanguage } from './parts.js';
import { programOf } from './program.js';
import { enriched } from './rich_editor.js';
import { Running } from './running.js';
import { comeNear, placeOf } from './settings.js';
import { linked, linkTo, offered } from './share.js';
import { sheet } from './styles.js';
import { textsOf, verdictOf } from './verdict.js';
import { said, WORDS } from './words.js';

const SOON_MS = 100; // what ends sooner needs no words that it runs
const READ_ONLY = new Set(['off', 'none']);

export class CodeRunner extends HTMLElement {
  #editor;
  #bar;
  #output = new OutputView();
  #input;
  #outcome = make('div', { className: 'outcome', hidden: true });
  #notes = make('div', { className: 'notes' });
  #files = new LeftFiles(this);
  #original = '';
  #isReadOnly;
  #running;
  #hidden = [];
  #frame;
  #waiting;
  #busyWords = '';
  #recorded;

  connectedCallback() {
    addEventListener('hashchange', this.#takeLinked);
    const delay = Number(this.getAttribute('init-delay')) || 0; // codapi's: some highlighter is still at work
    const begin = () => setTimeout(() => this.isConnected && !this.#editor && this.#begin(), delay);
    if (this.#editor) this.#stepBack(true);
    else if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
    else if (delay) begin();
    else this.#begin();
  }

  disconnectedCallback() {
    removeEventListener('hashchange', this.#takeLinked);
    this.#running?.leave();
    this.#stepBack(false);
  }

  /** The program as it stands in the editor. */
  get code() {
    return this.#editor?.value ?? '';
  }

  set code(source) {
    if (this.#editor) this.#editor.value = source;
  }

  get language() {
    const given = this.getAttribute('language') ?? this.getAttribute('sandbox')?.split(':')[0];
    return languageNamed(given || this.#languageOfCode);
  }

  #languageOfCode = '';

  /** Runs the program; the one that runs is ended first. */
  async run() {
    if (!this.#editor) return;
    this.#running?.leave();
    const running = new Running(placeOf(this), {
      onState: (status) => this.#busy(status === 'QUEUED' ? WORDS.waiting : WORDS.running),
      onOutput: (pieces) => this.#print(pieces),
    }, eventsOf(this, this.#output));
    this.#running = running;
    this.#state('running');
    try {
      const program = await programOf(this);
      if (this.#running !== running) return; // run anew meanwhile
      if (this.#input) program.task.stdin = `${this.#input.value}\n`;
      const result = running.result(program.task); // first of all: the rest is done while it is on its way
      this.#begun(program);
      const execution = await result;
      if (this.#running === running) this.#conclude(execution, program);
    } catch (error) {
      if (this.#running === running) this.#fail(error);
    }
  }

  #begun({ mark }) {
    this.#output.begin(mark);
    this.#notes.replaceChildren();
    this.#files.show([]);
    this.#editor.mark([]);
    this.#busy(WORDS.running);
    this.dispatchEvent(new CustomEvent('execute', { detail: this.code }));
  }

  /** Says that it runs, unless it has ended before anybody could read that. */
  #busy(words) {
    this.#busyWords = words;
    if (this.#frame.classList.contains('busy')) this.#bar.say(words, { kind: 'busy' });
    else this.#waiting ??= setTimeout(() => this.#shownBusy(), SOON_MS);
  }

  #shownBusy() {
    this.#frame.classList.add('busy');
    this.#bar.say(this.#busyWords, { kind: 'busy' });
  }

  #quiet() {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#frame.classList.remove('busy');
    this.#running = undefined;
  }

  /** Ends the program that runs. */
  stop() {
    if (this.#running) this.#busy(WORDS.stopping);
    this.#running?.stop();
  }

  /** Puts the program back to what the page shows. */
  reset() {
    this.#running?.stop();
    if (this.#editor) this.#editor.value = this.#original;
  }

  #begin() {
    const code = codeFor(this, this.getAttribute('for') ?? this.getAttribute('selector'));
    if (!code) {
      console.warn(`code-runner: ${WORDS.notFound}`, this);
      return;
    }
    this.#languageOfCode = languageOf(code);
    withLanguage(this, () => this.isConnected && !this.#editor && this.#beginWith(code));
  }

  #beginWith(code) {
    this.#original = sourceOf(code);
    const title = titleOf(this.language);
    const kind = this.getAttribute('editor') ?? this.usualEditor;
    this.#isReadOnly = READ_ONLY.has(kind);
    const about = {
      language: this.language, title, source: this.#original, isReadOnly: this.#isReadOnly,
      onEdit: () => this.#edited(), onRun: () => this.#toggle(),
    };
    this.#editor = new Editor(about);
    if (kind === 'codemirror') enriched(this, this.#editor, about).then((editor) => (this.#editor = editor));
    this.#bar = new Bar({
      title, onRun: () => this.#toggle(), others: this.actions(),
      actions: [[WORDS.share, () => this.#share()], [WORDS.reset, () => this.#resetByHand()]],
    });
    const recorded = recordedFor(this, this.getAttribute('output'));
    this.#recorded = recorded && trimmed((recorded.querySelector('code') ?? recorded).textContent);
    this.#hidden.push(boxOf(code, this), ...(recorded && !this.contains(recorded) ? [recorded] : []));
    this.#build(title);
    this.#stepBack(true);
    this.#state('unknown');
    if (this.#recorded !== undefined) this.#showRecorded(WORDS.recorded);
    this.#takeLinked();
    for (const near of ['pointerenter', 'focusin']) this.addEventListener(near, () => comeNear(this), { once: true });
    this.dispatchEvent(new Event('load'));
  }

  #build(title) {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet()];
    this.#outcome.append(this.#output.element);
    const field = inputField(this.getAttribute('stdin'), () => this.#toggle());
    this.#input = field?.input;
    const parts = [this.#editor.element, field?.element ?? '', this.#bar.element, this.#notes, this.#outcome, this.#files.element];
    this.#frame = make('div', { className: 'frame', part: 'frame', role: 'group', ariaLabel: said('example', { language: title }) }, ...parts);
    root.append(this.#frame);
  }

  #toggle() {
    if (this.#running) this.stop();
    else this.run();
  }

  #print(pieces) {
    this.#outcome.hidden = false;
    if (this.#output.add(pieces)) this.#busy(WORDS.again);
    this.dispatchEvent(new CustomEvent('output', { detail: pieces }));
  }

  #conclude(execution, program) {
    this.#quiet();
    this.#outcome.hidden = false;
    this.#output.end(textsOf(execution));
    const { isWell, words, facts } = verdictOf(execution);
    if (this.#output.isCut && !facts.includes(WORDS.cut)) facts.push(WORDS.cut);
    this.#state(isWell ? 'succeeded' : 'failed');
    this.#files.show(execution.files);
    const isSilent = isWell && this.#output.isEmpty && !execution.files?.length && !this.hasAttribute('terminal');
    if (this.#output.isEmpty) this.#outcome.hidden = true;
    this.#bar.say(isSilent ? WORDS.nothing : words, { kind: isWell ? 'well' : 'badly', facts });
    this.#showFindings(execution, program);
    if (isWell && this.hasAttribute('expect')) this.#judge();
    this.dispatchEvent(new CustomEvent('result', { detail: execution }));
  }

  #showFindings(execution, { before, others, code }) {
    const found = findings(execution, { before, files: others, lines: code === this.code ? code.split('\n').length : 0 });
    this.#editor.mark(found);
    this.#notes.append(...findingsView(found, (line, column) => this.#editor.goTo(line, column)));
  }

  #judge() {
    const given = this.getAttribute('expect');
    const expected = given.startsWith('#') && found(given) ? textOf(found(given)) : given || this.#recorded || '';
    const comparison = compared(this.#output.printed, expected);
    this.#bar.say(comparison.isRight ? WORDS.right : WORDS.wrong, { kind: comparison.isRight ? 'well' : 'badly' });
    if (!comparison.isRight) this.#notes.append(differenceView(comparison));
    this.#state(comparison.isRight ? 'right' : 'wrong');
  }

  #fail(error) {
    this.#quiet();
    this.#output.end([]);
    this.#state('failed');
    const isLeft = error.name === 'AbortError';
    if (error.status === 0 && this.#recorded !== undefined) this.#showRecorded(WORDS.away);
    else this.#bar.say(isLeft ? WORDS.CANCELLED : error.message, { kind: 'badly' });
    if (!isLeft) this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  #showRecorded(words) {
    this.#outcome.hidden = false;
    this.#output.record(this.#recorded);
    this.#bar.say(words);
  }

  /** Hides what the editor takes the place of, or shows it again. */
  #stepBack(isHidden) {
    for (const box of this.#hidden) {
      if (isHidden) box.style.setProperty('display', 'none', 'important');
      else box.style.removeProperty('display');
    }
  }

  #edited() {
    this.#bar.isEdited = this.code !== this.#original;
    this.#notes.replaceChildren();
  }

  #resetByHand() {
    this.reset();
    this.#bar.focusRun(); // its own button is gone
  }

  /** What anybody may have put into a link is never shown as the page's own. */
  #takeLinked = async () => {
    if (!this.#editor || this.#isReadOnly) return;
    const source = await linked(location.href, this.#which);
    if (source === undefined || source === this.code) return;
    this.code = source;
    this.#outcome.hidden = true;
    this.#bar.say(WORDS.linked);
  };

  async #share() {
    this.#bar.say(await offered(await linkTo(location.href, this.#which, this.code)));
  }

  get #which() {
    return this.id || String([...document.querySelectorAll(this.localName)].indexOf(this));
  }

  #state(state) {
    this.setAttribute('state', state);
  }

  /** What more can be done with it, as `[words, act]`; codapi's elements have some. */
  actions() {
    return [];
  }

  /** The value of `editor` where nothing is said. */
  get usualEditor() {
    return 'basic';
  }
}
