'use strict';

// Places of errors are those of the TypeScript sources; else as a JavaScript program is started.
process.setSourceMapsEnabled(true);
require('/opt/coderunner/javascript/cold.js');
