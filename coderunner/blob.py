"""A blob: content that was put once, and that tasks name in its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blob:
    """What stands for a content in any number of tasks: of a file, a standard input, a case's."""

    digest: str
    """``sha256:`` and 64 hexadecimal digits. Tasks say nothing else of it."""
    size: int = 0
    """Bytes; 0 where it is not known here."""
    expires_at_ms: int = 0
    """Unix milliseconds: until then tasks may name it, and have to be run. 0: not known here."""
