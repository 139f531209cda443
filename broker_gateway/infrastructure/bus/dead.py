"""The dead letters, on the stream DEAD."""

from __future__ import annotations

import msgspec

from broker_gateway.application.operations_ports import KeptLetter, LetterPage
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.streams import Bounds
from broker_gateway.infrastructure.bus.unread import read_or_none
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.dead_letter import DeadLetter
from schemas.reader import Reader

WINDOW = 64
"""Sequences that are looked through at a time, backwards; four times as many after a window with nothing in it."""
MAX_WINDOW = 16_384
_BATCH = 64
_BATCH_BYTES = 16 << 20
"""A letter holds a whole task."""

_decoder = Reader(DeadLetter)


class BusDeadLetters:
    """Implements ``DeadLetters``. A page token is the sequence below which the next page starts."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def page(self, reason: str, size: int, token: str) -> LetterPage:
        first, below, _ = await streams.bounds_of_page(self._bus, names.STREAM_DEAD, token)
        subject = names.dead_subject(reason, "any").replace(".any", ".*") if reason else names.DEAD_WILDCARD
        found: list[KeptLetter] = []
        window_size = WINDOW
        while below > first and len(found) < size:
            start = max(first, below - window_size)
            window = await self._window(subject, start, below)
            found += reversed(window)
            below, window_size = start, WINDOW if window else min(4 * window_size, MAX_WINDOW)
        letters = [msgspec.structs.replace(kept.letter, payload="") for kept in found[:size]]
        if len(found) >= size:
            below = found[size - 1].sequence
        return LetterPage(letters, streams.token_for(Bounds(first, below)))

    async def newest(self, task_id: str, reason: str = "") -> KeptLetter | None:
        subject = names.dead_subject(reason or "any", task_id)
        subject = subject if reason else subject.replace(".any.", ".*.")
        found = await jetstream.last_message(self._bus, names.STREAM_DEAD, subject)
        return None if found is None else KeptLetter(_decoder.decode(found.payload), found.sequence)

    async def remove(self, kept: KeptLetter) -> None:
        subject = names.dead_subject(kept.letter.reason, kept.letter.id)
        await streams.purge_below(self._bus, names.STREAM_DEAD, subject, kept.sequence + 1)

    async def _window(self, subject: str, start: int, below: int) -> list[KeptLetter]:
        """The letters of a window, oldest first. A batch may end early where its letters are large, so the last one is
        empty or goes beyond."""
        found: list[KeptLetter] = []
        while start < below:
            body = {"next_by_subj": subject, "seq": start, "batch": _BATCH, "max_bytes": _BATCH_BYTES}
            batch = await streams.read_batch(self._bus, names.STREAM_DEAD, body)
            if not batch:
                break
            for message in batch:
                if (letter := read_or_none(_decoder.decode, message)) is not None:
                    found.append(KeptLetter(letter, streams.sequence_of(message)))
            start = streams.sequence_of(batch[-1]) + 1
        return [kept for kept in found if kept.sequence < below]
