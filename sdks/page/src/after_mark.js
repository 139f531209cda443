// What of a program's output is its own: what the blocks on which it builds print stands before a line of our own.

export class AfterMark {
  #line;
  #most;
  #before = '';
  #end = '';

  /** `mark`: that line; '' where nothing stands before it. `most`: so much of what stands before it is kept. */
  constructor(mark, most) {
    this.#line = mark && `${mark}\n`;
    this.#most = most;
  }

  /** What of the next piece is behind the line. */
  push(text) {
    if (!this.#line) return text;
    const all = this.#end + text;
    const at = all.indexOf(this.#line);
    const own = at < 0 ? '' : all.slice(at + this.#line.length);
    this.#before = at < 0 ? this.#before + text.slice(0, this.#most - this.#before.length) : '';
    this.#end = all.slice(1 - this.#line.length);
    if (at >= 0) this.#line = '';
    return own;
  }

  /** What was printed where the line never came, once: the program ended before. */
  rest() {
    const rest = this.#before;
    this.#before = '';
    return rest;
  }
}
