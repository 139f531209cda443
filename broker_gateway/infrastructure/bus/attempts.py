"""The ledger of callback attempts: the stream CALLBACKS keeps the newest word about each result that was not taken at
the first call, DELIVERED the newest of those that were."""

from __future__ import annotations

import asyncio

import msgspec

from broker_gateway.application.callback_delivery import first_record
from broker_gateway.application.callback_ports import RecordPage
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.streams import Bounds
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.callback import CallbackRecord, DeliveryState
from schemas.execution import ResultMessage
from schemas.reader import Reader

WINDOW = 256
"""Sequences that are looked through at a time, backwards; four times as many after a window with nothing in it."""
MAX_WINDOW = 65_536
_BATCH = 64
_BATCH_BYTES = 4 << 20

Found = list[tuple[int, CallbackRecord]]
"""Records, each with its sequence."""

_encoder = msgspec.json.Encoder()
_decoder = Reader(CallbackRecord)


class BusAttemptLedger:
    """Implements ``AttemptLedger``. A page token is the sequence below which the next page starts."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def known(self, result: ResultMessage) -> CallbackRecord:
        payload = await streams.last_payload_of_any_replica(self._bus, names.STREAM_CALLBACKS, _subject(result))
        new = first_record(result)
        if payload is None:
            return new
        return msgspec.structs.replace(_decoder.decode(payload), url=new.url, client=new.client)

    async def note(self, result: ResultMessage, record: CallbackRecord) -> None:
        await jetstream.store(self._bus, _subject(result), _encoder.encode(record))

    def note_first(self, result: ResultMessage, record: CallbackRecord) -> None:
        subject = names.delivered_subject(result.execution.id, _occasion(result))
        self._bus.post(subject, _encoder.encode(record))

    async def newest(self, task_id: str) -> CallbackRecord | None:
        found = await asyncio.gather(
            jetstream.last_message(self._bus, names.STREAM_CALLBACKS, names.callbacks_of(task_id)),
            jetstream.last_message(self._bus, names.STREAM_DELIVERED, names.delivered_of(task_id)),
        )
        records = [_decoder.decode(one.payload) for one in found if one is not None]
        return max(records, key=lambda record: record.at_ms, default=None)

    async def page(self, state: DeliveryState | None, size: int, token: str) -> RecordPage:
        first, below, _ = await streams.bounds_of_page(self._bus, names.STREAM_CALLBACKS, token)
        found: Found = []
        window_size = WINDOW
        while below > first and len(found) < size:
            start = max(first, below - window_size)
            window = [one for one in await self._window(start, below) if state in (None, one[1].state)]
            found += reversed(window)
            below, window_size = start, WINDOW if window else min(4 * window_size, MAX_WINDOW)
        if len(found) >= size:
            below = found[size - 1][0]
        return RecordPage([record for _, record in found[:size]], streams.token_for(Bounds(first, below)))

    async def _window(self, start: int, below: int) -> Found:
        """The records of a window, oldest first."""
        found: Found = []
        while start < below:
            body = {"next_by_subj": names.CALLBACKS_WILDCARD, "seq": start, "batch": _BATCH, "max_bytes": _BATCH_BYTES}
            batch = await streams.read_batch(self._bus, names.STREAM_CALLBACKS, body)
            if not batch:
                break
            found += [(streams.sequence_of(message), _decoder.decode(message.data)) for message in batch]
            start = found[-1][0] + 1
        return [one for one in found if one[0] < below]


def _subject(result: ResultMessage) -> str:
    return names.callback_subject(result.execution.id, _occasion(result))


def _occasion(result: ResultMessage) -> str:
    return result.callback.occasion if result.callback else ""
