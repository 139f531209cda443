"""Programs kept as text: ``=== name``, source, and for each further file ``--- file``, source."""

from __future__ import annotations

from pathlib import Path


def read_programs(name: str) -> dict[str, dict[str, bytes]]:
    """Program name to its files, of the text file beside this module; the first file is ``main.py``."""
    programs = {}
    for section in Path(__file__).with_name(name).read_text().split("=== ")[1:]:
        head, *others = section.split("--- ")
        title, _, source = head.partition("\n")
        programs[title] = {"main.py": source.encode()}
        for other in others:
            file, _, source = other.partition("\n")
            programs[title][file] = source.encode()
    return programs
