"""The live output of one stage: coalesced, and decoded as it comes, so that short programs cost nothing."""

from __future__ import annotations

import asyncio

from node.application.attempt import Attempt
from node.application.ports import Announcer
from node.domain.text import LiveText
from schemas.execution import RUN_STAGE, OutputChunk
from schemas.sizes import json_bytes

FLUSH_AFTER_S = 0.02
FLUSH_AT_BYTES = 4096
BETWEEN_ECHOES_S = 0.005
"""Where somebody waits for an echo: output goes at once, and what comes within this goes together."""
_WAITS_BYTES = 64
"""Of the live output's budget, for the news that a program waits."""


class LiveOutput:
    """An ``OnOutput`` that publishes what it is given. Must be called on the event loop. What is still held when the
    stage ends is published only where something was published before: otherwise the result is about to bring it all.
    Once the task's budget of live output is spent, no more is published."""

    def __init__(self, announcer: Announcer, attempt: Attempt, stage: str, *, echoes: bool = False) -> None:
        """``echoes``: somebody waits for it."""
        self._echoes = echoes
        self._flushed_at = 0.0
        self._began = asyncio.get_running_loop().time()
        self._seen_at: dict[str, float] = {}
        """When the first was seen of what is held of a stream."""
        self._announcer = announcer
        self._attempt = attempt
        self._stage = stage
        self._texts: dict[str, LiveText] = {}
        self._held: dict[str, bytearray] = {}
        self._held_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._published = False

    def __call__(self, stream: str, data: bytes) -> None:
        if self._attempt.budget.live_bytes <= 0:
            return
        if self._attempt.talk is not None:
            self._attempt.talk.waits = stream == "stdin"
        if stream == "stdin":
            self._waits()
            return
        self._seen_at.setdefault(stream, asyncio.get_running_loop().time())
        self._held.setdefault(stream, bytearray()).extend(data)
        self._held_bytes += len(data)
        if self._held_bytes >= FLUSH_AT_BYTES:
            self._flush()
        elif self._timer is None:
            self._flush_later(asyncio.get_running_loop())

    def _flush_later(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        after_s = self._flushed_at + BETWEEN_ECHOES_S - now if self._echoes else FLUSH_AFTER_S
        if after_s <= 0:
            self._flush()
        else:
            self._timer = loop.call_later(after_s, self._flush)

    def _waits(self) -> None:
        """The program waits for its input: after all that it has printed so far."""
        self._flush()
        self._published = True
        self._attempt.budget.live_bytes -= _WAITS_BYTES
        self._announcer.output(self._chunk("stdin", 0, ""))

    def close(self) -> None:
        """The stage has ended."""
        if self._published:
            self._flush(last=True)
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self, *, last: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._echoes:
            self._flushed_at = asyncio.get_running_loop().time()
        held, self._held, self._held_bytes = self._held, {}, 0
        for stream in self._texts.keys() | held.keys() if last else held.keys():
            self._publish(stream, bytes(held.get(stream, b"")), last=last)

    def _publish(self, stream: str, data: bytes, *, last: bool) -> None:
        offset, text = self._texts.setdefault(stream, LiveText()).feed(data, last=last)
        if not text:
            return
        self._published = True
        self._attempt.budget.live_bytes -= json_bytes(text)
        chunk = self._chunk(stream, offset, text)
        if self._attempt.talk is not None and self._stage == RUN_STAGE:
            self._attempt.talk.printed.add(chunk)
        self._announcer.output(chunk)

    def _chunk(self, stream: str, offset: int, text: str) -> OutputChunk:
        now = asyncio.get_running_loop().time()
        return OutputChunk(
            id=self._attempt.task.id,
            attempt=self._attempt.number,
            stage=self._stage,
            stream=stream,
            offset=offset,
            text=text,
            at_ms=round((self._seen_at.pop(stream, now) - self._began) * 1e3, 3),
        )
