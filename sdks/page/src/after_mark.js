// What of a program's output is its own: what the blocks on which it builds print stands before a line of our own.

const MOST_KEPT = 100_001; // of what stands before it: one more than is shown, so that it is told to be cut

export class AfterMark {
  #line;
  #before = '';
  #end = '';

  /** `mark`: that line; '' where nothing stands before it. */
  constructor(mark) {
    this.#line = mark && `${mark}\n`;
  }

  /** What of the next piece is behind the line. */
  push(text) {
    if (!this.#line) return text;
    const all = this.#end + text;
    const at = all.indexOf(this.#line);
    if (at < 0) {
      this.#before += text.slice(0, MOST_KEPT - this.#before.length);
      this.#end = all.slice(1 - this.#line.length);
      return '';
    }
    const own = all.slice(at + this.#line.length);
    this.#line = this.#before = '';
    return own;
  }

  /** What was printed where the line never came, once: the program ended before. */
  rest() {
    const rest = this.#before;
    this.#before = '';
    return rest;
  }
}
