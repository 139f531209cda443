"""The reading of JSON that somebody else has written."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

_Read = TypeVar("_Read")


class UnreadableError(msgspec.DecodeError):
    """It is no JSON, or JSON that does not say what it should."""


class Reader(Generic[_Read]):
    """As ``msgspec.json.Decoder``, whose errors are not the only ones that it raises: text that is not UTF-8 is a
    UnicodeDecodeError, and a thousand brackets in a field that is not ours are a RecursionError."""

    def __init__(self, kind: type[_Read]) -> None:
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, data: bytes | str) -> _Read:
        """What it says. Raises UnreadableError."""
        try:
            return self._decoder.decode(data)
        except (ValueError, RecursionError) as error:
            raise UnreadableError(str(error)) from error
