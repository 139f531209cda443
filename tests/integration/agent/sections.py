"""Programs kept as text: ``=== name``, source, and for each further file ``--- file``, source."""

from __future__ import annotations

import re
from pathlib import Path

_PROGRAM = re.compile(r"^=== ", re.MULTILINE)
_FILE = re.compile(r"^--- ", re.MULTILINE)


def read_programs(name: str, main: str = "main.py") -> dict[str, dict[str, bytes]]:
    """Program name to its files, of a text file, named from here; the first file is called ``main``."""
    programs = {}
    for section in _PROGRAM.split((Path(__file__).parent / name).read_text())[1:]:
        head, *others = _FILE.split(section)
        title, _, source = head.partition("\n")
        programs[title] = {main: source.encode()}
        for other in others:
            file, _, source = other.partition("\n")
            programs[title][file] = source.encode()
    return programs
