"""The audit trail, on the stream AUDIT."""

from __future__ import annotations

import asyncio
from collections import deque

import msgspec
import structlog

from broker_gateway.application.audit import AuditFilter, AuditPage
from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.streams import Bounds
from chassis.backoff import Backoff, Failures
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.audit import AuditRecord
from schemas.reader import Reader

MAX_WAITING = 10_000
"""Records that wait for a bus that is away; what comes then is in the log alone."""
WINDOW = 256
"""Records that are looked through at a time, backwards."""
MAX_WINDOWS = 16
"""For one call. A filter that matches little gets a short page and a token to go on with."""

_encoder = msgspec.json.Encoder()
_decoder = Reader(AuditRecord)
_log = structlog.get_logger(__name__)


class BusAuditTrail:
    """Implements ``AuditTrail``. A page token is the sequence below which the next page starts."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._waiting: deque[AuditRecord] = deque()
        self._news = asyncio.Event()

    def note(self, record: AuditRecord) -> None:
        if len(self._waiting) >= MAX_WAITING:
            _log.error("audit_not_stored", records=1, reason="too many wait for the bus")
            return
        self._waiting.append(record)
        self._news.set()

    async def run(self) -> None:
        """Stores what is noted, in its order, for ever."""
        failures = Failures(Backoff(base_s=0.1, max_s=5.0))
        while True:
            await self._news.wait()
            try:
                await self._store_all()
                failures.reset()
            except BusUnavailableError as error:
                _log.warning("audit_waits", records=len(self._waiting), error=str(error))
                self._news.set()
                await asyncio.sleep(failures.next_s())

    async def close(self) -> None:
        """Stores what still waits, if the bus takes it."""
        try:
            await self._store_all()
        except BusUnavailableError as error:
            _log.error("audit_not_stored", records=len(self._waiting), reason=str(error))

    async def page(self, wanted: AuditFilter, size: int, token: str) -> AuditPage:
        first, below, _ = await streams.bounds_of_page(self._bus, names.STREAM_AUDIT, token)
        found: list[AuditRecord] = []
        for _window in range(MAX_WINDOWS):
            if below <= first or len(found) >= size:
                break
            start = max(first, below - WINDOW)
            for sequence, record in reversed(await self._window(start, below)):
                if record.at_ms < wanted.since_ms:
                    return AuditPage(found, "")
                if _matches(record, wanted):
                    found.append(record)
                if len(found) >= size:
                    start = sequence
                    break
            below = start
        return AuditPage(found, streams.token_for(Bounds(first, below)))

    async def _store_all(self) -> None:
        """A record leaves the queue once it is stored. One that was stored, and whose acknowledgement was lost, is
        there twice: better than not at all."""
        self._news.clear()
        while self._waiting:
            record = self._waiting[0]
            await jetstream.store(self._bus, names.audit_subject(record.action), _encoder.encode(record))
            self._waiting.popleft()

    async def _window(self, start: int, below: int) -> list[tuple[int, AuditRecord]]:
        body = {"next_by_subj": names.AUDIT_WILDCARD, "seq": start, "batch": below - start}
        batch = await streams.read_batch(self._bus, names.STREAM_AUDIT, body)
        found = [(streams.sequence_of(message), _decoder.decode(message.data)) for message in batch]
        return [(sequence, record) for sequence, record in found if sequence < below]


def _matches(record: AuditRecord, wanted: AuditFilter) -> bool:
    return wanted.action in ("", record.action) and wanted.client in (None, record.client)
