"""A file that a program left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file. Name and content are the program's: trust neither."""

    name: str
    """Relative to the program's work directory, with ``/`` between folders."""
    size: int
    """Bytes."""
    media_type: str = "application/octet-stream"
    """By the name's ending."""
    digest: str = ""
    """``sha256:`` and 64 hexadecimal digits; empty where it was not brought back."""
    data: bytes | None = None
    """None where it was too large to be brought back."""
