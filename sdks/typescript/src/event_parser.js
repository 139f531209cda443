// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

import { strange } from './errors.js';

const MAX_EVENT_CHARS = 256 * 1024 * 1024; // half of what a string may have

/** Makes events of the text of a stream, in time that is linear in its length. An event that broke off is none. */
export class EventParser {
  #line = []; // the pieces of the line that has not ended
  #data = [];
  #size = 0; // characters of both
  #name = '';
  #id;

  /** The events that end in this piece, as `{name, id, data}`; `id` undefined: it has none. */
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
    if (this.#size > MAX_EVENT_CHARS) throw strange('an event that does not end');
    return events;
  }

  #take(line, events) {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id') this.#id = value;
  }

  #dispatch(events) {
    if (this.#data.length > 0) events.push({ name: this.#name, id: this.#id, data: this.#data.join('\n') });
    this.#data = [];
    this.#size = 0;
    this.#name = '';
    this.#id = undefined;
  }
}
