// What a program printed, as it prints it. Text is set as text; of a flood the beginning is kept.

import { AfterMark } from './after_mark.js';
import { Plain } from './ansi.js';
import { make } from './dom.js';
import { ToldOutput } from './told_output.js';
import { WORDS } from './words.js';

const MOST_CHARS = 100_000; // more would make the page slow
const MOST_PIECES = 2000; // of one stream each, between those of the other

export class OutputView {
  #text = make('span');
  /** What a reader types into stands behind the text. */
  element = make('pre', { className: 'output', part: 'output', role: 'log', tabIndex: 0, ariaLabel: WORDS.output }, this.#text);
  /** For what is put beside it. */
  words = WORDS;
  /** Whether there was more than is shown. */
  isCut = false;
  /** What was printed to standard output. */
  printed = '';
  #told = new ToldOutput();
  #plain = new Map();
  #shown = 0;
  #isStale = false;
  #mark = '';
  #own = new AfterMark('');
  #frame = 0;

  /** Begins anew: what is there stays until there is something else, so that nothing jumps. `mark`: a line before
   * which standard output is another block's, and not shown. */
  begin(mark = '') {
    this.element.style.minHeight = `${this.element.offsetHeight}px`;
    this.element.classList.remove('recorded');
    this.#isStale = !this.isEmpty;
    this.#told = new ToldOutput();
    this.#mark = mark;
    this.#restart();
  }

  /** Shows pieces of output as the gateway tells them; true where the program has begun again. */
  add(pieces) {
    let isAgain = false;
    for (const piece of pieces) {
      if (this.#told.begins(piece)) {
        isAgain = true;
        this.clear();
        this.#restart();
      }
      this.#take(piece, this.#told.news(piece));
    }
    return isAgain;
  }

  /** Shows what the result has where pieces were missed. */
  end(texts) {
    if (this.#told.isGappy) {
      this.clear();
      this.#restart();
      for (const piece of texts) this.#take(piece, piece.text);
    }
    this.#show('out', this.#own.rest());
    this.freshen();
    this.element.style.minHeight = '';
  }

  get isEmpty() {
    return !this.#text.hasChildNodes();
  }

  /** Shows what was recorded when the page was written. */
  record(text) {
    this.clear();
    this.element.classList.add('recorded');
    this.#text.append(text.slice(0, MOST_CHARS));
  }

  /** Shows what the reader typed. */
  type(text) {
    this.#show('typed', text);
  }

  /** Leaves out what is of an earlier run. */
  freshen() {
    if (this.#isStale) this.clear();
  }

  clear() {
    this.#text.replaceChildren();
    this.#isStale = false;
  }

  #restart() {
    this.#plain.clear();
    this.printed = '';
    this.#shown = 0;
    this.isCut = false;
    this.#own = new AfterMark(this.#mark);
  }

  #take({ stage, stream }, news) {
    const name = `${stage}/${stream}`;
    if (!this.#plain.has(name)) this.#plain.set(name, new Plain());
    let text = this.#plain.get(name).push(news);
    const isReaders = stage === 'run' && stream === 'stdout';
    if (isReaders) {
      text = this.#own.push(text);
      this.printed += text.slice(0, MOST_CHARS - this.printed.length);
    }
    this.#show(isReaders ? 'out' : 'err', text);
  }

  #show(kind, text) {
    const room = MOST_CHARS - this.#shown;
    if (text.length > room) this.isCut = true;
    const shown = text.slice(0, room);
    if (!shown) return;
    this.freshen();
    this.#shown += shown.length;
    this.#follow();
    const last = this.#text.lastChild;
    if (last?.className === kind || this.#text.childNodes.length >= MOST_PIECES) last.lastChild.appendData(shown);
    else this.#text.append(make('span', { className: kind, textContent: shown }));
  }

  /** Keeps the end in sight, once a frame: to measure behind each of many pieces takes the square of their number. */
  #follow() {
    const { element } = this;
    const isAtEnd = !this.#frame && element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (isAtEnd) element.scrollTop = element.scrollHeight;
    });
  }
}
