// The line below the code: Run, how it went, and what can be done with a changed program.

import { make } from './dom.js';
import { WORDS } from './words.js';

/** `element` belongs into the page. Run and Stop are one button, so that the focus stays where it is. */
export class Bar {
  #status = make('span', { className: 'status', part: 'status', role: 'status' });
  #run = make('button', { className: 'run', part: 'run', type: 'button' });
  #edited = make('span', { className: 'edited' });

  /** `actions`: `[words, act]` of what is offered once the program was changed; `others`: of what always is. */
  constructor({ title, onRun, actions, others }) {
    const [go, halt] = [make('span', { textContent: WORDS.run }), make('span', { textContent: WORDS.stop })];
    this.#run.append(make('i', { ariaHidden: 'true' }), make('span', { className: 'labels' }, go, halt));
    go.className = 'go';
    halt.className = 'halt';
    this.#run.addEventListener('click', onRun);
    this.#edited.append(...actions.map(button));
    const name = make('span', { className: 'language', part: 'language', textContent: title });
    this.element = make('div', { className: 'bar', part: 'bar' }, this.#run, ...others.map(button), this.#status, this.#edited, name);
    this.isEdited = false;
  }

  set isEdited(isEdited) {
    this.#edited.classList.toggle('off', !isEdited);
  }

  focusRun() {
    this.#run.focus();
  }

  /** Says how it goes: `kind` is '', `well`, `badly` or `busy`. */
  say(words, { kind = '', facts = [] } = {}) {
    const all = [words, ...facts].join(', ');
    if (this.#status.title === all && kind === 'busy') return; // said already
    this.#status.className = `status ${kind}`;
    this.#status.replaceChildren(make('b', { textContent: words }), ...facts.map((fact) => make('span', { textContent: fact })));
    this.#status.title = all;
  }
}

function button([words, act]) {
  const element = make('button', { className: 'quiet', part: 'action', type: 'button', textContent: words });
  element.addEventListener('click', act);
  return element;
}
