// xterm.js with the add-on that fits it into its box: `xterm.mjs`, which `../talk/screen.js` fetches.

import { Terminal } from '@xterm/xterm';
import { document as policed, stylesInto } from './policed_document.js';

export { FitAddon } from '@xterm/addon-fit';

/** A terminal that will be opened in this tree. */
export function terminalIn(root, options) {
  stylesInto(root);
  return new Terminal({ ...options, documentOverride: policed });
}
