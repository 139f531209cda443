// codapi's elements (https://github.com/nalgeon/codapi-js), so that a page made for them has another address to name, and
// nothing else to change. What their `<codapi-settings url>` names speaks another API, and is not asked.

import { CodeRunner } from './element.js';

export class CodapiSnippet extends CodeRunner {
  get usualEditor() {
    return 'off';
  }

  /** `actions="Label:command Label:@event"`: events alone; a gateway has no commands but to run. */
  actions() {
    const named = (this.getAttribute('actions') ?? '').split(/\s+/).map((one) => one.split(':'));
    return named.filter(([, act]) => act?.startsWith('@')).map(([label, act]) => (
      [label.replace(/_/g, ' '), () => this.dispatchEvent(new Event(act.slice(1)))]
    ));
  }
}

export class CodapiSettings extends HTMLElement {}
