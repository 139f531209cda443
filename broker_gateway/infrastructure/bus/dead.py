"""The dead letters on DEAD."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from broker_gateway.application.ports import KeptLetter, LetterPage
from broker_gateway.infrastructure.bus.batches import read_batch, sequence
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import DeadLetter

WINDOW = 64
"""Places that are looked through at a time, backwards; four times as many after a window with nothing in it."""
MOST_WINDOW = 16_384
_BATCH = 64
_BATCH_BYTES = 16 << 20
"""A letter holds a whole task."""

_decoder = msgspec.json.Decoder(DeadLetter)


class BusDeadLetters:
    """Implements ``DeadLetters``. A page token is the place below which the next page starts."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def page(self, reason: str, size: int, token: str) -> LetterPage:
        first, below = await self._bounds(token)
        subject = names.dead_subject(reason, "any").replace(".any", ".*") if reason else names.DEAD_WILDCARD
        found: list[KeptLetter] = []
        width = WINDOW
        while below > first and len(found) < size:
            start = max(first, below - width)
            window = await self._window(subject, start, below)
            found += reversed(window)
            below, width = start, WINDOW if window else min(4 * width, MOST_WINDOW)
        letters = [msgspec.structs.replace(kept.letter, payload="") for kept in found[:size]]
        if len(found) >= size:
            below = found[size - 1].place
        return LetterPage(letters, str(below) if below > first else "")

    async def newest(self, task_id: str, reason: str = "") -> KeptLetter | None:
        subject = names.dead_subject(reason or "any", task_id)
        found = await last(self._bus, names.STREAM_DEAD, subject if reason else subject.replace(".any.", ".*."))
        return None if found is None else KeptLetter(_decoder.decode(found[1]), found[0])

    async def remove(self, kept: KeptLetter) -> None:
        subject = names.dead_subject(kept.letter.reason, kept.letter.id)
        await purge_before(self._bus, names.STREAM_DEAD, subject, kept.place + 1)

    async def _bounds(self, token: str) -> tuple[int, int]:
        """First place in use, and the one below which to look."""
        if token and not (token.isascii() and token.isdecimal() and len(token) <= 19):
            raise ValueError(f"not a page token: {token!r}")
        first, above_last = await bounds(self._bus, names.STREAM_DEAD)
        return first, min(int(token), above_last) if token else above_last

    async def _window(self, subject: str, start: int, below: int) -> list[KeptLetter]:
        """Oldest first. A batch may end early where its letters are large, so the last one is empty or goes beyond."""
        found: list[KeptLetter] = []
        while start < below:
            body = {"next_by_subj": subject, "seq": start, "batch": _BATCH, "max_bytes": _BATCH_BYTES}
            batch = await read_batch(self._bus, names.STREAM_DEAD, body)
            if not batch:
                break
            found += [KeptLetter(_decoder.decode(message.data), sequence(message)) for message in batch]
            start = found[-1].place + 1
        return [kept for kept in found if kept.place < below]


async def last(bus: BusConnection, stream: str, subject: str) -> tuple[int, bytes] | None:
    """Place and payload of the newest message on ``subject`` (wildcards allowed), as the stream's leader has it."""
    try:
        answer = await jetstream.call(bus, f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
    except jetstream.JetStreamError as error:
        if error.err_code == jetstream.NO_MESSAGE:
            return None
        raise
    message: dict[str, Any] = answer["message"]
    return int(message["seq"]), base64.b64decode(message.get("data", ""))


async def bounds(bus: BusConnection, stream: str) -> tuple[int, int]:
    """First place in use, and the one that the next message gets."""
    state = (await jetstream.call(bus, f"STREAM.INFO.{stream}"))["state"]
    return max(int(state["first_seq"]), 1), int(state["last_seq"]) + 1


async def purge_before(bus: BusConnection, stream: str, subject: str, place: int) -> None:
    """Removes what is on ``subject`` (wildcards allowed) below ``place``. May be repeated."""
    await jetstream.call(bus, f"STREAM.PURGE.{stream}", {"filter": subject, "seq": place})
