"""The ids of tasks, and how they are made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from schemas.names import is_token

ENTROPY_BYTES = 10

_TIME_BITS = 48
_UUID_VERSION = 0x7000
_UUID_VARIANT = 0x8000
_OF_READER = b"reader's key"
_TIMED_FIRST_BYTES = 4
"""Ids that begin with a lower byte begin with their time; those of keys begin with this one or a higher."""


@dataclass(frozen=True, slots=True)
class TaskId:
    """The id of a task: a token that may stand in a subject. ``value`` is 32 hexadecimal characters where we made
    it."""

    value: str

    TIMED_UNTIL_MS: ClassVar[int] = _TIMED_FIRST_BYTES << (_TIME_BITS - 8)
    """In the year 2109: up to then the ids of keys can be told from those that begin with a time."""

    @classmethod
    def beginning(cls, at_ms: int) -> str:
        """What a fresh id of that moment begins with."""
        return f"{at_ms & ((1 << _TIME_BITS) - 1):012x}"

    @classmethod
    def fresh(cls, now_ms: int, entropy: bytes) -> TaskId:
        """A new id that sorts by time: a UUID of version 7 without its dashes. ``entropy`` is ENTROPY_BYTES random
        bytes."""
        high = int.from_bytes(entropy[:2], "big")
        low = int.from_bytes(entropy[2:4], "big")
        version = _UUID_VERSION | (high & 0x0FFF)
        variant = _UUID_VARIANT | (low & 0x3FFF)
        return cls(f"{cls.beginning(now_ms)}{version:04x}{variant:04x}{entropy[4:].hex()}")

    @classmethod
    def of_key(cls, client: str, key: str, secret: bytes, reader: str = "") -> TaskId:
        """The id that belongs to an idempotency key: the same key of the same client names the same task, on every
        gateway; nobody who does not know the ``secret`` (16 to 64 bytes) can tell which. It looks like no fresh id of
        our century, whose beginning tells a time. ``reader``: whose key it is within its client, where the client does
        not choose the keys; no key of the client's own, or of another reader, names such a task."""
        digest = hashlib.blake2b(digest_size=16, key=secret, person=_OF_READER if reader else b"")
        owner = client.encode()
        if reader:
            digest.update(len(reader.encode()).to_bytes(4, "big") + reader.encode())
        digest.update(len(owner).to_bytes(4, "big") + owner + key.encode())
        first, *others = digest.digest()
        if first < _TIMED_FIRST_BYTES:
            first += 0x100 - _TIMED_FIRST_BYTES
        return cls(bytes([first, *others]).hex())

    @classmethod
    def parse(cls, text: str) -> TaskId | None:
        """The id that ``text`` spells, or None where it cannot be the id of any task."""
        return cls(text) if is_token(text) else None
