// What a reader's page is told of a run: server-sent events, as the gateway's own API has them.

const OF_EXECUTION = [
  'status', 'language', 'language_version', 'attempt', 'queued_ms', 'error', 'submitted_at_ms', 'finished_at_ms', 'cached_at_ms',
  'compile', 'run', 'diagnostics', 'files',
]; // which node ran it, and what the blog wrote to it, is none of a reader's business
const STREAMS = ['compile/stdout', 'compile/stderr', 'run/stdout', 'run/stderr'];
const PLACE = /^\d{1,6}(\.\d{1,9}){4}$/;
export const END = 'end';

/** The account of one stream: what its reader was told, so that one who comes back is told the rest. */
export class Telling {
  #handle;
  #attempt;
  #upto;

  /** `place`: the id of the last event that the reader has; what is none means the beginning. */
  constructor(handle, place = '') {
    this.#handle = handle;
    [this.#attempt, ...this.#upto] = PLACE.test(place) ? place.split('.').map(Number) : [0, 0, 0, 0, 0];
  }

  /** The text of the event of the client that tells of it; '' where its reader has it. */
  event({ type, execution, ...piece }) {
    if (type === 'output') return this.#output(piece);
    if (type === 'state') return event('state', told(execution, this.#handle), this.#place);
    return event('result', told(execution, this.#handle), END);
  }

  #output({ stage, stream, offset, text, attempt }) {
    if (attempt > this.#attempt) {
      this.#attempt = attempt;
      this.#upto = [0, 0, 0, 0];
    }
    const points = Array.from(text);
    const which = STREAMS.indexOf(`${stage}/${stream}`);
    const upto = this.#upto[which] ?? offset;
    if (attempt < this.#attempt || offset + points.length <= upto) return '';
    const start = Math.max(offset, upto);
    if (offset <= upto && which >= 0) this.#upto[which] = offset + points.length;
    const data = { id: this.#handle, attempt, stage, stream, offset: start, text: points.slice(start - offset).join('') };
    return event('output', data, this.#place);
  }

  get #place() {
    return [this.#attempt, ...this.#upto].join('.');
  }
}

/** The object that a page gets of an execution. */
export function told(execution, handle) {
  return { id: handle, ...Object.fromEntries(OF_EXECUTION.map((name) => [name, execution[name] ?? null])) };
}

/** One event; `data` becomes JSON, which has no line feeds. */
export function event(name, data, id = '') {
  return `event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}
