// What a program reads, typed behind what it printed.

import { Focus } from './focus.js';

const SOON_MS = 1500; // who is silent so long may wait for input without anybody being able to tell
const STYLES = `
.typed { color: var(--accent); }
.asks { display: inline-flex; max-width: 100%; gap: 0.5em; align-items: baseline; vertical-align: baseline; }
.asks input { min-width: 0; margin: 0; padding: 0; border: 0; border-bottom: 2px solid var(--line); border-radius: 0; background: none; color: var(--accent); caret-color: var(--accent); font: inherit; outline-offset: 3px; }
.asks.waits input { border-color: var(--accent); }
.asks input:focus-visible { outline: 2px solid var(--accent); }
.asks button { padding: 0 0.4em; font-size: 0.8em; font-weight: 400; }
.asks button::before { content: "Ctrl+D"; }
.asks:not(.waits) button { visibility: hidden; }
@media (max-width: 36em) and (pointer: coarse) { .asks input { font-size: 16px; } }
`;
let sheet;

/** A line to type into, there while the program runs. */
export class InputLine {
  /** What the task asks for. */
  interaction = {};
  #view;
  #program;
  #input = document.createElement('input');
  #element = document.createElement('span');
  #timer;
  #isClosed = false;
  #focus;
  #frame = 0;

  constructor(view) {
    this.#view = view;
    const { words } = view;
    Object.assign(this.#input, {
      type: 'text', size: 8, autocomplete: 'off', autocapitalize: 'off', spellcheck: false, enterKeyHint: 'send', ariaLabel: words.typed,
    });
    const end = Object.assign(document.createElement('button'), { type: 'button', title: words.endOfInput, ariaLabel: words.endOfInput });
    end.addEventListener('click', () => this.#close());
    this.#input.addEventListener('input', () => this.#grow());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('paste', (event) => this.#paste(event));
    this.#element.className = 'asks';
    this.#element.append(this.#input, end);
  }

  begin(program) {
    this.#program = program;
    this.#focus = new Focus(this.#view.element);
    this.#restyle();
  }

  /** Whether output is shown here, and nowhere else. */
  takes() {
    return false;
  }

  /** The program waits for input now. */
  waits() {
    this.#show();
    this.#element.classList.add('waits');
    if (this.#focus.isFree) this.#input.focus({ preventScroll: true });
  }

  /** Something was heard of the program: it does not wait. */
  heard(type) {
    if (type === 'output') this.#element.classList.remove('waits');
    clearTimeout(this.#timer);
    if (type !== 'result') this.#timer = setTimeout(() => this.#show(), SOON_MS);
    if (this.#element.isConnected) this.#reveal();
  }

  end() {
    clearTimeout(this.#timer);
    this.#focus?.end();
    const hadFocus = this.#element.contains(this.#element.getRootNode().activeElement);
    this.#element.remove();
    if (hadFocus) this.#view.element.focus({ preventScroll: true });
  }

  #show() {
    if (this.#isClosed) return;
    this.#view.freshen();
    this.#view.element.parentElement.hidden = false;
    if (!this.#element.isConnected) this.#view.element.append(this.#element);
    this.#reveal();
  }

  /** Once a frame, as the output itself. */
  #reveal() {
    const { element } = this.#view;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      element.scrollTop = element.scrollHeight;
    });
  }

  #key(event) {
    const { key, ctrlKey, altKey, metaKey, isComposing } = event;
    if (isComposing) return;
    const control = ctrlKey && !altKey && !metaKey ? key.toLowerCase() : '';
    const hasSelection = this.#input.selectionStart !== this.#input.selectionEnd;
    if (key === 'Enter') this.#send(`${this.#input.value}\n`);
    else if (control === 'd' && !this.#input.value) this.#close();
    else if (control === 'c' && !hasSelection) this.#program.signal('INT');
    else return;
    event.preventDefault();
  }

  /** Lines that are pasted are sent; what follows the last of them is typed. */
  #paste(event) {
    const text = event.clipboardData.getData('text').replace(/\r\n?/g, '\n');
    if (!text.includes('\n')) return;
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = this.#input;
    const all = value.slice(0, selectionStart) + text + value.slice(selectionEnd);
    const rest = all.slice(all.lastIndexOf('\n') + 1);
    this.#send(all.slice(0, all.length - rest.length));
    this.#input.value = rest;
    this.#grow();
  }

  #send(text) {
    try {
      this.#program.write(text);
    } catch (error) {
      this.#input.setCustomValidity(error.message); // more than a program may be told
      this.#input.reportValidity();
      return;
    }
    this.#view.type(text);
    this.#input.value = '';
    this.#grow();
    this.#element.classList.remove('waits');
    this.#reveal();
  }

  #close() {
    this.#program.closeInput();
    this.#isClosed = true;
    this.end();
  }

  #grow() {
    this.#input.size = Math.min(Math.max(8, this.#input.value.length + 1), 80);
  }

  #restyle() {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
    }
    const root = this.#view.element.getRootNode();
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
  }
}
