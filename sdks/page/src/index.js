// `<code-runner>` and `<code-runner-settings>`: see docs/page.md.

import { CodapiSettings, CodapiSnippet } from './codapi.js';
import { CodeRunner } from './element.js';
import { attachAll, CodeRunnerSettings, settle } from './settings.js';

const ELEMENTS = {
  'code-runner-settings': CodeRunnerSettings, 'code-runner': CodeRunner,
  'codapi-settings': CodapiSettings, 'codapi-snippet': CodapiSnippet,
};

for (const [name, element] of Object.entries(ELEMENTS)) if (!customElements.get(name)) customElements.define(name, element);
settle();

export { attachAll, CodeRunner };
