"""The names by which readers know their runs. They are made with a secret, so that every process of a backend knows
them, nobody guesses one, and nothing has to be stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

_TAG_CHARS = 22  # 132 bits
_HANDLE = re.compile(rf"([A-Za-z0-9_-]{{1,64}})\.([A-Za-z0-9_-]{{{_TAG_CHARS}}})", re.ASCII)
_MAX_KEY_CHARS = 128
_MAX_ADDRESS_CHARS = 256
_READER_CHARS = 32
_TIME_SHIFT = 80


class Handles:
    """What is made with one secret: handles, and what is told of readers to the gateway."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def handle(self, task_id: str) -> str:
        """The name of a run for its reader, who may watch and cancel it by that: the task's id and a tag."""
        return f"{task_id}.{self._tag(task_id)}"

    def task_id(self, handle: str) -> str | None:
        """The id of the task, or None for a handle that was not made here."""
        match = _HANDLE.fullmatch(handle)
        if match is None or not hmac.compare_digest(match[2], self._tag(match[1])):
            return None
        return match[1]

    def reader(self, name: str) -> str:
        """What the gateway is told of a reader: the same for the same one, and nothing of the address or the name."""
        return self._digest(b"reader", name).hex()[:_READER_CHARS]

    def idempotency_key(self, reader: str, key: str) -> str:
        """A page's key within its reader's own: no other reader's key leads to the same task, whatever it is. A UUID of
        version 7 keeps its time, by which the gateway knows a recent one. Raises ValueError for one that is too
        long."""
        if len(key) > _MAX_KEY_CHARS:
            raise ValueError(f"must have at most {_MAX_KEY_CHARS} characters")
        own = int.from_bytes(self._digest(b"key", f"{self.reader(reader)}{key}")[:10])
        try:
            given = UUID(key)
        except ValueError:
            return f"{own:020x}"
        time_ms = given.int >> _TIME_SHIFT if given.version == 7 else 0
        return str(UUID(int=(time_ms << _TIME_SHIFT | own) & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))

    def _tag(self, task_id: str) -> str:
        return base64.urlsafe_b64encode(self._digest(b"handle", task_id))[:_TAG_CHARS].decode()

    def _digest(self, purpose: bytes, text: str) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + text.encode(errors="replace"), hashlib.sha256)
