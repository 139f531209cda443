// Where the reader is.

/** Whether a program may have the focus. */
export class Focus {
  #element;
  #leaving = new AbortController();
  #isWriting = false;

  /** `element`: in the block, whose editor is watched from now on. */
  constructor(element) {
    this.#element = element;
    const { signal } = this.#leaving;
    element.getRootNode().addEventListener('input', ({ target }) => {
      if (!this.#element.contains(target)) this.#isWriting = true;
    }, { signal });
  }

  /** Whether nobody is elsewhere on the page, or has written in the block's editor since the program was run. */
  get isFree() {
    const { activeElement } = document;
    const isHere = activeElement === document.body || activeElement === this.#element.getRootNode().host;
    return isHere && !this.#isWriting;
  }

  end() {
    this.#leaving.abort();
  }
}
