// Run when the image is built: every package of packages.txt can be imported, and required.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
for (const name of readFileSync(new URL('packages.txt', import.meta.url), 'utf8').trim().split('\n')) {
  require(name);
  await import(name);
}
