"""The sweep: it takes from EVENTS and RESULTS what is older than they keep, once the database has it (ADR 0021). The
server itself would age out also what was never recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from broker_gateway.infrastructure.bus import streams
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names

MIN_EVERY_S, MAX_EVERY_S = 1.0, 10.0
READERS: Mapping[str, tuple[str, ...]] = {
    names.STREAM_EVENTS: (names.HISTORY_CONSUMER,),
    names.STREAM_RESULTS: (names.HISTORY_CONSUMER, names.RELAY_CONSUMER),
}
"""Consumers that must be through with a message before it may go."""

_log = structlog.get_logger(__name__)


class Sweep:
    """Sweeps for as long as ``run`` runs. Any number of gateways may do it on one bus."""

    def __init__(self, bus: BusConnection, ages_s: Mapping[str, float]) -> None:
        """``ages_s``: how long each stream keeps a message at least, in seconds."""
        self._bus = bus
        self._ages_s = ages_s
        self._every_s = min(MAX_EVERY_S, max(MIN_EVERY_S, min(ages_s.values()) / 2))

    async def run(self) -> None:
        """Sweeps for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            for stream in self._ages_s:
                try:
                    await self.sweep(stream)
                except BusUnavailableError as error:
                    _log.debug("sweep_failed", stream=stream, error=str(error))

    async def sweep(self, stream: str) -> int:
        """Removes what may go; how many messages. Raises BusUnavailableError."""
        first, above, _ = await streams.bounds(self._bus, stream)
        below = min(await self._read_below(stream), await self._first_of_age(stream, above))
        if below <= first:
            return 0
        answer = await jetstream.call(self._bus, f"STREAM.PURGE.{stream}", {"seq": below}, repeat=False)
        purged = int(answer["purged"])
        _log.debug("swept", stream=stream, messages=purged)
        return purged

    async def _read_below(self, stream: str) -> int:
        """The first sequence that somebody has still to read."""
        floors = [await recorded_up_to(self._bus, stream, reader) for reader in READERS[stream]]
        return min(floors) + 1

    async def _first_of_age(self, stream: str, above: int) -> int:
        """The first sequence that is to stay for its age."""
        since = datetime.now(UTC) - timedelta(seconds=self._ages_s[stream])
        body = {"start_time": since.isoformat().replace("+00:00", "Z"), "next_by_subj": ">", "batch": 1}
        young = await streams.read_batch(self._bus, stream, body)
        return streams.sequence_of(young[0]) if young else above


async def recorded_up_to(bus: BusConnection, stream: str, reader: str = names.HISTORY_CONSUMER) -> int:
    """The sequence up to which the reader has settled everything; 0 where there is no such consumer yet. Raises
    BusUnavailableError."""
    try:
        info = await jetstream.call(bus, f"CONSUMER.INFO.{stream}.{reader}")
    except jetstream.JetStreamError as error:
        if error.err_code == jetstream.CONSUMER_NOT_FOUND:
            return 0
        raise
    if int(info["num_pending"]) == 0 and int(info["num_ack_pending"]) == 0:
        return max(int(info["delivered"]["stream_seq"]), int(info["ack_floor"]["stream_seq"]))
    return int(info["ack_floor"]["stream_seq"])
