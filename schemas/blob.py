"""Content that does not travel in messages: blobs that clients put before, and large files that programs left
(docs/adr/0032). A store has it in chunks of one size; the last one may be smaller."""

from __future__ import annotations

import re

import msgspec

CHUNK_BYTES = 256 << 10
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class BlobRef(msgspec.Struct, frozen=True, kw_only=True):
    """A client's blob, in the place of a file's content or a standard input."""

    digest: str
    """``sha256:`` and 64 hexadecimal digits."""
    size: int
    """In bytes; 0 until a gateway has found it, as a blob has at least one."""
    place: str
    """Where its chunks are, as two tokens with a dot between; empty until then. Nobody can guess it: who was told it
    may ask for them."""

    @classmethod
    def asked(cls, digest: str) -> BlobRef:
        """As a caller names it."""
        return cls(digest=digest, size=0, place="")


def is_digest(text: str) -> bool:
    """True for the name of a content by its SHA-256."""
    return _DIGEST.fullmatch(text) is not None


def chunks_of(size: int) -> int:
    """The number of chunks of a content of ``size`` bytes."""
    return -(-size // CHUNK_BYTES)


class HeldBlob(msgspec.Struct, frozen=True, kw_only=True):
    """What gateways know of a client's blob; once this is stored, all of its chunks are."""

    digest: str
    size: int
    """In bytes."""
    place: str
    expires_at_ms: int
    """Unix milliseconds: its chunks are there until then."""
