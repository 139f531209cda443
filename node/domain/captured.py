"""What was captured of one stream: the text, and the bytes beside it where they are no text. Both are cut as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from schemas import sizes
from schemas.execution import Stage

_MOST_COST = 8
"""Bytes of JSON that one byte of output takes at most: six as a control character of the text, and a third more than
one in base64."""
_TRIES = 16


@dataclass(frozen=True, slots=True)
class Captured:
    """One stream. ``data`` is what ``text`` was read from, where that is not UTF-8, else None."""

    text: str
    data: bytes | None = None

    def utf8_bytes(self) -> int:
        """What it takes as protobuf."""
        return sizes.utf8_bytes(self.text) + len(self.data or b"")

    def json_bytes(self) -> int:
        """What it takes as JSON, where bytes are base64."""
        return sizes.json_bytes(self.text) + (len(self.data or b"") + 2) // 3 * 4

    def cut_to_utf8(self, room: int) -> Captured:
        """A beginning of it that takes at most ``room`` bytes of protobuf; of a text, the longest."""
        if self.data is None:
            return Captured(sizes.cut_to_utf8(self.text, room))
        return self._cut(self.data, room, Captured.utf8_bytes)

    def cut_to_json(self, room: int) -> Captured:
        """A beginning of it that takes at most ``room`` bytes of JSON; of a text, the longest."""
        if self.data is None:
            return Captured(sizes.cut_to_json(self.text, room))
        return self._cut(self.data, room, Captured.json_bytes)

    def first(self, length: int) -> Captured:
        """At most so many of its characters; of what is no text, so many of its bytes."""
        return Captured(self.text[:length]) if self.data is None else _of(self.data[:length])

    def is_less_than(self, whole: Captured) -> bool:
        """True where it is a part of the ``whole`` only."""
        return len(self.text) < len(whole.text) or len(self.data or b"") < len(whole.data or b"")

    def _cut(self, data: bytes, room: int, size: Callable[[Captured], int]) -> Captured:
        """By the share that fits, until it does: a beginning may take more room than what follows."""
        found = self
        for _ in range(_TRIES):
            taken = size(found)
            if taken <= room:
                return found
            found = _of(data[: len(found.data or b"") * max(0, room) // (taken + 1)])
        return _of(data[: max(0, room) // _MOST_COST])


def streams_of(stage: Stage) -> list[Captured]:
    """Standard output and standard error."""
    return [Captured(stage.stdout, stage.stdout_data), Captured(stage.stderr, stage.stderr_data)]


def with_streams(stage: Stage, stdout: Captured, stderr: Captured) -> Stage:
    """The stage with beginnings of its streams in their place."""
    out, err = streams_of(stage)
    return msgspec.structs.replace(
        stage,
        stdout=stdout.text,
        stderr=stderr.text,
        stdout_data=stdout.data,
        stderr_data=stderr.data,
        stdout_truncated=stage.stdout_truncated or stdout.is_less_than(out),
        stderr_truncated=stage.stderr_truncated or stderr.is_less_than(err),
    )


def _of(data: bytes) -> Captured:
    return Captured(data.decode(errors="replace"), data)
