// A terminal: xterm.js (https://xtermjs.org), which is fetched where a block asks for one.

const ROWS = 20;
const shown = new WeakMap(); // by the output in whose place it is
const SIZES = { rows: [1, 500], columns: [1, 1000] }; // what a gateway takes

/** What is asked for of a terminal: its lines stay as they are, and its columns fill the block. */
export class Screen {
  #view;
  #box = document.createElement('div');
  #terminal;
  #fit;
  #program;
  #watching;
  #attempt = 0;

  /** A terminal in the place of the output. `folder`: where xterm.js is; `part(folder, name)`: fetches a module. */
  static async opened(view, folder, part, signal) {
    const [xterm, sheet] = await Promise.all([part(folder, 'xterm.mjs', signal), sheetAt(`${folder}/xterm.css`, signal)]);
    signal.throwIfAborted(); // another run may have its terminal by now
    return new Screen(view, xterm, sheet);
  }

  constructor(view, { FitAddon, terminalIn }, sheet) {
    this.#view = view;
    const root = view.element.getRootNode();
    const own = new CSSStyleSheet();
    own.replaceSync('.screen { padding: 0.9em 0.5em 0.9em 1em; border-top: 1px solid var(--line); background: var(--output-paper); } .screen.over { opacity: 0.8; }');
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((one) => !one.isOfScreen), ...[sheet, own].map(ofScreen)];
    this.#box.className = 'screen';
    this.#box.setAttribute('part', 'terminal');
    shown.get(view)?.#dispose();
    shown.set(view, this);
    view.element.parentElement.before(this.#box);
    view.element.parentElement.hidden = true;
    this.#terminal = terminalIn(root, {
      rows: ROWS, cols: 80, cursorBlink: true, screenReaderMode: true, ...looksOf(this.#box),
    });
    this.#terminal.open(this.#box);
    this.#fit = new FitAddon();
    this.#terminal.loadAddon(this.#fit);
    this.#resize();
  }

  /** What the task asks for. */
  get interaction() {
    return { terminal: this.#size };
  }

  begin(program) {
    this.#program = program;
    this.#terminal.onData((text) => this.#tell(() => program.write(text)));
    this.#terminal.onBinary((text) => this.#tell(() => program.write(Uint8Array.from(text, (one) => one.charCodeAt(0)))));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#isForProgram(event));
    this.#watching = new ResizeObserver(() => this.#resize());
    this.#watching.observe(this.#box);
    const { activeElement } = document;
    if (activeElement === document.body || activeElement === this.#box.getRootNode().host) this.#terminal.focus();
  }

  /** Whether output is shown here, and nowhere else: what a compiler says is not. */
  takes({ stage, text, attempt }) {
    if (stage !== 'run') return false;
    if (attempt > this.#attempt) this.#terminal.reset(); // another machine has begun it anew
    this.#attempt = attempt;
    this.#terminal.write(text);
    return true;
  }

  waits() {}

  heard() {}

  end() {
    this.#watching?.disconnect();
    this.#terminal.options.disableStdin = true;
    this.#terminal.options.cursorBlink = false;
    this.#box.classList.add('over');
    if (this.#box.contains(this.#box.getRootNode().activeElement)) this.#terminal.blur();
  }

  get #size() {
    const { rows, cols } = this.#terminal;
    const within = (value, [least, most]) => Math.min(Math.max(value, least), most);
    return { rows: within(rows, SIZES.rows), columns: within(cols, SIZES.columns) };
  }

  #dispose() {
    this.#watching?.disconnect();
    this.#terminal.dispose();
    this.#box.remove();
  }

  #resize() {
    const columns = this.#fit.proposeDimensions()?.cols;
    if (!columns || Number.isNaN(columns) || columns === this.#terminal.cols) return;
    this.#terminal.resize(columns, ROWS);
    const { rows, columns: now } = this.#size;
    if (this.#program) this.#tell(() => this.#program.resize(rows, now));
  }

  /** Escape, then Tab leaves the terminal, as it leaves the editor. */
  #isForProgram(event) {
    if (event.type !== 'keydown') return true;
    const leaves = event.key === 'Tab' && this.#hasEscaped;
    this.#hasEscaped = event.key === 'Escape';
    return !leaves;
  }

  #hasEscaped = false;

  #tell(act) {
    try {
      act();
    } catch (error) {
      this.#terminal.write(`\r\n${error.message}\r\n`); // more than a program may be told
    }
  }
}

/** An empty one where it cannot be fetched. */
async function sheetAt(address, signal) {
  const sheet = new CSSStyleSheet();
  const response = await fetch(address, { signal }).catch(() => undefined);
  if (response?.ok) sheet.replaceSync(await response.text());
  return sheet;
}

function ofScreen(sheet) {
  sheet.isOfScreen = true;
  return sheet;
}

/** The block's own font and colours. */
function looksOf(box) {
  const style = getComputedStyle(box);
  const [background, foreground] = [style.backgroundColor, style.color];
  const theme = { background, foreground, cursor: foreground, cursorAccent: background, selectionBackground: '#80808066' };
  return { fontFamily: style.fontFamily, fontSize: parseFloat(style.fontSize) * 0.94, theme, minimumContrastRatio: 4.5 };
}
