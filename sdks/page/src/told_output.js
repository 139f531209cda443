// What of a program's output came, so that a piece that comes twice is shown once.

/** The account of one run. Offsets count characters as the gateway does, in code points: an emoji is one. */
export class ToldOutput {
  /** Whether pieces are missing, which the result has. */
  isGappy = false;
  #attempt = 0;
  #next = new Map();

  /** Whether the piece is the first of another attempt: the node was lost, and the program runs again. */
  begins({ attempt }) {
    const isAnother = this.#attempt > 0 && attempt > this.#attempt;
    if (isAnother) {
      this.#next.clear();
      this.isGappy = false;
    }
    this.#attempt = Math.max(this.#attempt, attempt);
    return isAnother;
  }

  /** The part of the piece's text that did not come before. */
  news({ stage, stream, offset, text, attempt }) {
    if (attempt < this.#attempt) return '';
    const name = `${stage}/${stream}`;
    const next = this.#next.get(name) ?? 0;
    const points = Array.from(text);
    if (offset > next) this.isGappy = true;
    if (offset + points.length <= next) return '';
    this.#next.set(name, offset + points.length);
    return offset < next ? points.slice(next - offset).join('') : text;
  }
}
