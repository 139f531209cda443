import std/os

for word in commandLineParams():
  echo word
