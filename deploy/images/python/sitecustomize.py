"""Output reaches the reader line by line, as on a terminal, and is not lost when a program is stopped at a limit."""

import sys

for _stream in (sys.stdout, sys.stderr):
    if _stream is not None:
        _stream.reconfigure(line_buffering=True)
