'use strict';

// Makes standard output and standard error write at once, as they do to a file: what a program has printed is there
// when process.exit() or a limit ends it, and what it prints faster than it is read is not heaped up in its memory.

for (const stream of [process.stdout, process.stderr]) {
  if (stream._handle && stream._handle.setBlocking) stream._handle.setBlocking(true);
}
