"""A file that a program left for whoever ran it, as its result has it."""

from __future__ import annotations

import msgspec


class OutputFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. Its name comes from the program, and so does what it holds: nobody is to trust either."""

    name: str
    """Relative to the program's work directory, with ``/`` between folders."""
    size: int
    """In bytes."""
    media_type: str
    """By the name's ending (RFC 6838); ``application/octet-stream`` where that says nothing."""
    digest: str
    """``sha256:`` and 64 hexadecimal digits; empty where it was not brought back."""
    data: bytes | None
    """What it holds; None where it was too large to come with the result."""
    place: str = ""
    """A token by which gateways find its content, where that was too large for the result and is kept for a while."""
