// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

const MOST_EVENT_CHARS = 64 * 1024 * 1024;

/** Makes events of the text of a stream, in time that is linear in its length. An event that broke off is none. */
export class EventParser {
  #line = []; // the pieces of the line that has not ended
  #data = [];
  #size = 0; // characters of both
  #name = '';

  /** The events that end in this piece, as `{name, data}`. Throws RangeError for one that does not end. */
  push(text) {
    const events = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line.push(text.slice(start, end));
      this.#take(this.#line.join('').replace(/\r$/, ''), events);
      this.#line = [];
      start = end + 1;
    }
    if (start < text.length) this.#line.push(text.slice(start));
    this.#size += text.length;
    if (this.#size > MOST_EVENT_CHARS) throw new RangeError('an event that does not end');
    return events;
  }

  #take(line, events) {
    if (line === '') {
      if (this.#data.length > 0) events.push({ name: this.#name, data: this.#data.join('\n') });
      this.#data = [];
      this.#size = 0;
      this.#name = '';
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
  }
}
