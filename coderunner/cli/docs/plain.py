"""What a program printed, as ``<code-runner>`` shows and compares it: without control sequences of terminals."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])")  # ECMA-48
_OTHERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ENDS = re.compile(r"\r+\n?")


def plain(text: str) -> str:
    """The text alone; a carriage return is the end of a line."""
    return _ENDS.sub("\n", _OTHERS.sub("", _SEQUENCE.sub("", text)))
