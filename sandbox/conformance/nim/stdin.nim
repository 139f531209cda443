import std/strutils

for line in stdin.lines:
  echo line.toUpperAscii
