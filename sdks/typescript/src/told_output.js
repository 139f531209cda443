// How much of a task's output was told, so that nothing is told twice.

/** The account of one follower. Offsets count characters as the gateway does, in code points: an emoji is one. */
export class ToldOutput {
  #attempt = 0;
  #streams = new Map();

  /** What of a piece has not been told; it is told from now on. A higher attempt begins anew. */
  news(piece) {
    if (piece.attempt < this.#attempt) return [];
    if (piece.attempt > this.#attempt) this.#streams.clear();
    this.#attempt = piece.attempt;
    const name = `${piece.stage}/${piece.stream}`;
    if (!this.#streams.has(name)) this.#streams.set(name, new Spans());
    const length = codePoints(piece.text);
    const missing = this.#streams.get(name).add(piece.offset, piece.offset + length);
    return missing.map(([start, end]) => part(piece, start - piece.offset, end - piece.offset, length));
  }
}

/** Disjoint ranges of numbers, in order. */
class Spans {
  #spans = [];

  /** Adds a range; returns the parts of it that were not there. */
  add(start, end) {
    const last = this.#spans[this.#spans.length - 1];
    if (end <= start) return [];
    if (!last || start > last[1]) {
      this.#spans.push([start, end]);
      return [[start, end]];
    }
    if (start === last[1]) {
      last[1] = end;
      return [[start, end]];
    }
    return this.#weave(start, end);
  }

  #weave(start, end) {
    const missing = [];
    const woven = this.#spans.filter(([, to]) => to < start);
    const merged = [start, end];
    let at = start;
    for (const [from, to] of this.#spans.slice(woven.length)) {
      if (from > end) break;
      if (at < from) missing.push([at, from]);
      at = Math.max(at, to);
      merged[0] = Math.min(merged[0], from);
      merged[1] = Math.max(merged[1], to);
    }
    if (at < end) missing.push([at, end]);
    this.#spans = [...woven, merged, ...this.#spans.filter(([from]) => from > end)];
    return missing;
  }
}

function part(piece, start, end, length) {
  if (start === 0 && end === length) return piece;
  const { text } = piece;
  const isPlain = length === text.length;
  const from = isPlain ? start : unitAt(text, start, 0);
  const to = isPlain ? end : unitAt(text, end - start, from);
  return { ...piece, offset: piece.offset + start, text: text.slice(from, to) };
}

function codePoints(text) {
  let count = 0;
  for (let unit = 0; unit < text.length; unit += width(text, unit)) count += 1;
  return count;
}

/** The index of so many code points after another. */
function unitAt(text, points, from) {
  let unit = from;
  for (let left = points; left > 0; left--) unit += width(text, unit);
  return unit;
}

function width(text, unit) {
  return text.codePointAt(unit) > 0xffff ? 2 : 1;
}
