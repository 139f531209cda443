// Files that a program left: where there are some, the part that shows them is fetched (`../files`).

import { make } from './dom.js';
import { ownPart } from './parts.js';
import { WORDS } from './words.js';

export class LeftFiles {
  /** Belongs into the page. */
  element = make('div', { className: 'files' });
  #block;
  #shown;

  constructor(block) {
    this.#block = block;
  }

  /** Shows the files of an execution in the place of those before, or words that say why it cannot. */
  async show(files = []) {
    this.#shown = files;
    const views = files.length > 0 ? await this.#viewsOf(files) : [];
    if (this.#shown === files) this.element.replaceChildren(...views);
  }

  #viewsOf(files) {
    const viewed = ({ filesView }) => filesView(files, WORDS, this.#block.shadowRoot);
    return ownPart(this.#block, 'code-runner-files.js').then(viewed, ({ message }) => [message]);
  }
}
