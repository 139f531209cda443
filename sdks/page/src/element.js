// `<code-runner>`: a program of a page that its readers run.
//
// Its parts are in a shadow tree: an editor whose text lies over its colours to the pixel cannot stand a theme's rules for
// `pre`, `textarea` and `button`, and the theme needs none of ours. The page's own code stays where it is, for those
// without scripts, for feeds and for search engines; it is hidden while the editor is there. Styles are adopted sheets,
// made through the CSSOM: the strictest policy (`style-src 'none'`) lets them be.

import { boxOf, codeFor, languageOf, sourceOf } from './attach.js';
import { Bar } from './bar.js';
import { differenceView } from './difference_view.js';
import { found, make, textOf, trimmed } from './dom.js';
import { Editor } from './editor.js';
import { findings } from './error_lines.js';
import { compared } from './exercise.js';
import { filesView } from './files_view.js';
import { languageNamed, titleOf } from './languages.js';
import { OutputView } from './output_view.js';
import { programOf } from './program.js';
import { Running } from './running.js';
import { placeOf } from './settings.js';
import { linked, linkTo } from './share.js';
import { sheet } from './styles.js';
import { RunError } from './transport.js';
import { textsOf, verdictOf } from './verdict.js';
import { said, WORDS } from './words.js';

const READ_ONLY = new Set(['off', 'none']);

export class CodeRunner extends HTMLElement {
  #editor;
  #bar;
  #output = new OutputView();
  #input;
  #outcome = make('div', { className: 'outcome', hidden: true });
  #notes = make('div', { className: 'notes' });
  #files = make('div', { className: 'files' });
  #original = '';
  #running;
  #hidden = [];
  #recorded;

  connectedCallback() {
    const delay = Number(this.getAttribute('init-delay')) || 0; // codapi's: some highlighter is still at work
    const begin = () => setTimeout(() => this.isConnected && !this.#editor && this.#begin(), delay);
    if (this.#editor) this.#stepBack(true);
    else if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
    else if (delay) begin();
    else this.#begin();
  }

  disconnectedCallback() {
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
    return given ? languageNamed(given) : this.#languageOfCode;
  }

  #languageOfCode = '';

  /** Runs the program; the one that runs is ended first. */
  async run() {
    if (!this.#editor) return;
    this.#running?.leave();
    this.#notes.replaceChildren();
    this.#files.replaceChildren();
    this.#editor.mark([]);
    this.#state('running');
    this.#bar.say(WORDS.running, { kind: 'busy' });
    this.dispatchEvent(new CustomEvent('execute', { detail: this.code }));
    const running = new Running(placeOf(this), {
      onState: (status) => this.#bar.say(status === 'QUEUED' ? WORDS.waiting : WORDS.running, { kind: 'busy' }),
      onOutput: (pieces) => this.#print(pieces),
    });
    this.#running = running;
    try {
      const program = await programOf(this);
      this.#output.begin(program.mark);
      const execution = await running.result(this.#withInput(program.task));
      if (this.#running === running) this.#conclude(execution, program);
    } catch (error) {
      if (this.#running === running) this.#fail(error);
    }
  }

  #withInput(task) {
    return this.#input ? { ...task, stdin: `${this.#input.value}\n` } : task;
  }

  /** Ends the program that runs. */
  stop() {
    if (!this.#running) return;
    this.#bar.say(WORDS.stopping, { kind: 'busy' });
    this.#running.stop();
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
    this.#original = sourceOf(code);
    const title = titleOf(this.language);
    this.#editor = new Editor({
      language: this.language, title, source: this.#original, isReadOnly: READ_ONLY.has(this.getAttribute('editor') ?? this.usualEditor),
      onEdit: () => this.#edited(), onRun: () => this.#toggle(),
    });
    this.#bar = new Bar({
      title, onRun: () => this.#toggle(), others: this.actions(),
      actions: [[WORDS.share, () => this.#share()], [WORDS.reset, () => this.#resetByHand()]],
    });
    this.#recorded = this.#recordedOutput();
    this.#hidden.push(boxOf(code, this));
    this.#build(title);
    this.#stepBack(true);
    this.#state('unknown');
    if (this.#recorded !== undefined) this.#showRecorded(WORDS.recorded);
    linked(location.href, this.#which).then((source) => source !== undefined && (this.code = source));
    this.dispatchEvent(new Event('load'));
  }

  #build(title) {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet()];
    this.#outcome.append(this.#output.element);
    const parts = [this.#editor.element, ...this.#stdinField(), this.#bar.element, this.#notes, this.#outcome, this.#files];
    root.append(make('div', { className: 'frame', part: 'frame', role: 'group', ariaLabel: said('example', { language: title }) }, ...parts));
  }

  #stdinField() {
    const given = this.getAttribute('stdin');
    if (given === null) return [];
    const text = given.startsWith('#') && found(given) ? textOf(found(given)) : given;
    this.#input = make('textarea', {
      value: text, rows: Math.min(6, text.split('\n').length), spellcheck: false, autocapitalize: 'off', autocomplete: 'off',
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#toggle();
    });
    return [make('label', { className: 'stdin', part: 'stdin' }, make('span', { textContent: WORDS.input }), this.#input)];
  }

  #toggle() {
    if (this.#running) this.stop();
    else this.run();
  }

  #print(pieces) {
    this.#outcome.hidden = false;
    if (this.#output.add(pieces)) this.#bar.say(WORDS.again, { kind: 'busy' });
    this.dispatchEvent(new CustomEvent('output', { detail: pieces }));
  }

  #conclude(execution, program) {
    this.#running = undefined;
    this.#outcome.hidden = false;
    this.#output.end(textsOf(execution));
    const { isWell, words, facts } = verdictOf(execution);
    if (this.#output.isCut && !facts.includes(WORDS.cut)) facts.push(WORDS.cut);
    this.#state(isWell ? 'succeeded' : 'failed');
    this.#files.replaceChildren(...filesView(execution.files));
    const isSilent = isWell && this.#output.isEmpty && !execution.files?.length;
    if (this.#output.isEmpty) this.#outcome.hidden = true;
    this.#bar.say(isSilent ? WORDS.nothing : words, { kind: isWell ? 'well' : 'badly', facts });
    this.#showFindings(execution, program);
    if (isWell && this.hasAttribute('expect')) this.#judge();
    this.dispatchEvent(new CustomEvent('result', { detail: execution }));
  }

  #showFindings(execution, { before, others }) {
    const found = findings(execution, { before, files: others, lines: this.code.split('\n').length });
    this.#editor.mark(found);
    const shown = found.filter(({ line }) => line > 0).map(({ line, column, message }) => {
      const go = make('button', { type: 'button', textContent: said('line', { line }) });
      go.addEventListener('click', () => this.#editor.goTo(line, column));
      return make('li', {}, go, ` ${message}`);
    });
    if (shown.length > 0) this.#notes.append(make('ul', { className: 'findings', part: 'findings' }, ...shown));
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
    this.#running = undefined;
    this.#output.end([]);
    const isAway = error instanceof RunError && error.status === 0;
    this.#state('failed');
    if (isAway && this.#recorded !== undefined) this.#showRecorded(WORDS.away);
    else this.#bar.say(error.message, { kind: 'badly' });
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  #showRecorded(words) {
    this.#outcome.hidden = false;
    this.#output.record(this.#recorded);
    this.#bar.say(words);
  }

  /** What the page's author recorded: an `<output>` inside, or what `output` names; it steps back, too. */
  #recordedOutput() {
    const named = this.getAttribute('output');
    const next = this.nextElementSibling ?? this.parentElement?.nextElementSibling;
    let element = this.querySelector('output');
    if (named?.startsWith('@next')) element = named.length > 5 ? next && found(named.slice(5).trim(), next) : next;
    else if (named) element = found(named);
    else if (named === '') element ??= next;
    if (!element) return undefined;
    if (!this.contains(element)) this.#hidden.push(element);
    return trimmed((element.querySelector('code') ?? element).textContent);
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

  async #share() {
    const link = await linkTo(location.href, this.#which, this.code);
    try {
      await navigator.clipboard.writeText(link);
      this.#bar.say(WORDS.shared);
    } catch {
      history.replaceState(history.state, '', link);
      this.#bar.say(WORDS.shareFailed);
    }
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
