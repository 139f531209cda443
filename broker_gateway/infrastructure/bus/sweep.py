"""The sweep: it takes from EVENTS and RESULTS what is older than they keep, once the database has it (ADR 0021). The
server itself would age out also what was never recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names

MIN_EVERY_S, MAX_EVERY_S = 1.0, 10.0
DELETED_AT_ONCE = 64
"""Requests that are under way at a time."""
READERS: Mapping[str, tuple[str, ...]] = {
    names.STREAM_EVENTS: (names.HISTORY_CONSUMER,),
    names.STREAM_RESULTS: (names.HISTORY_CONSUMER, names.RELAY_CONSUMER),
}
"""Consumers that must be through with a message before it may go."""

_log = structlog.get_logger(__name__)


class Sweep:
    """Sweeps for as long as ``run`` runs. Any number of gateways may do it on one bus."""

    def __init__(self, bus: BusConnection, ages_s: Mapping[str, float], relayed: RelayedResults | None = None) -> None:
        """``ages_s``: how long each stream keeps a message at least, in seconds. ``relayed``: what of RESULTS need not
        wait for what is older."""
        self._bus = bus
        self._relayed = relayed if relayed is not None else RelayedResults()
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
        settled = {reader: await recorded_up_to(self._bus, stream, reader) for reader in READERS[stream]}
        young = await self._first_of_age(stream, above)
        below = min(*(floor + 1 for floor in settled.values()), young)
        purged = await self._purge(stream, below) if below > first else 0
        if stream == names.STREAM_RESULTS:
            recorded_below = min(settled[names.HISTORY_CONSUMER] + 1, young)
            purged += await self._delete(self._relayed.taken(below, recorded_below))
        if purged:
            _log.debug("swept", stream=stream, messages=purged)
        return purged

    async def _purge(self, stream: str, below: int) -> int:
        answer = await jetstream.call(self._bus, f"STREAM.PURGE.{stream}", {"seq": below}, repeat=False)
        return int(answer["purged"])

    async def _delete(self, sequences: Sequence[int]) -> int:
        """One by one: what is between them waits for its callback. What the bus does not take away now, it does once
        that has ended."""
        deleted = 0
        for at in range(0, len(sequences), DELETED_AT_ONCE):
            part = sequences[at : at + DELETED_AT_ONCE]
            deleting = (streams.delete(self._bus, names.STREAM_RESULTS, sequence) for sequence in part)
            deleted += sum(await asyncio.gather(*deleting))
        return deleted

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
