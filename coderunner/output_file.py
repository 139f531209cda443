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
    """``sha256:`` and 64 hexadecimal digits; empty where it was too large to be looked at."""
    data: bytes | None = None
    """None where it was too large to come with the result."""
    place: str = ""
    """Not empty where it was, and ``Client.file`` fetches what it holds."""

    @property
    def is_there(self) -> bool:
        """True where what it holds is here, or can be fetched."""
        return self.data is not None or self.place != ""
