"""The watch over what the bus stores: that it can be written to, and that results have room.

A server whose disk was full once answers no store on that stream any more, until it is started again, while it stays
connected and answers everything else. So only a write tells.
"""

from __future__ import annotations

import asyncio
import secrets

import structlog

from broker_gateway.infrastructure.bus import streams
from broker_gateway.infrastructure.bus.sweep import recorded_up_to
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names

LOOK_EVERY_S = 1.0
PROBE_EVERY = 5
"""Looks between two writes, while all is well."""
FULL, NO_ROOM = 0.9, 0.99
"""Shares of what RESULTS may hold: above the first its oldest are taken away, above the other nothing can be stored."""
DROPPED_PARTS = 8
"""One of so many parts of the results is taken away at a time."""

log = structlog.get_logger(__name__)


class StoreWatch:
    """Looks for as long as ``run`` runs. Any number of gateways may do it on one bus."""

    def __init__(self, bus: BusConnection, *, keeps_unrecorded: bool = False) -> None:
        """``keeps_unrecorded``: results that the history has not recorded are not taken away for others."""
        self._bus = bus
        self._keeps_unrecorded = keeps_unrecorded
        self._subject = names.probe_subject(secrets.token_hex(8))
        self._looks = 0
        self.works = True
        """What was stored last was confirmed, and results have room; true until a look says otherwise."""
        self.trouble = ""
        """Why it does not work; empty where it does."""

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if not self.works or self._looks % PROBE_EVERY == 0:
                    await self._probe()
                room = await self._make_room()
            except BusUnavailableError as error:
                self._tell(works=False, why=str(error))
            else:
                self._tell(works=room, why="" if room else "no room for results")
            self._looks += 1

    async def _probe(self) -> None:
        """Writes a message among the tasks, where no consumer sees it, and takes it away, with those of gateways that
        died before they did. A queue that is full has been written to; what that means for a submission is another
        matter."""
        try:
            ack = await jetstream.store(self._bus, self._subject, b"")
        except jetstream.JetStreamError as error:
            if not jetstream.is_full(error):
                raise
        else:
            await streams.purge_below(self._bus, names.STREAM_TASKS, names.ANY_PROBE, ack.seq + 1)

    async def _make_room(self) -> bool:
        """Takes the oldest results away where the stream is nearly full; False where there is still no room."""
        info = await jetstream.call(self._bus, f"STREAM.INFO.{names.STREAM_RESULTS}")
        state, max_bytes = info["state"], int(info["config"]["max_bytes"])
        if max_bytes <= 0 or int(state["bytes"]) < FULL * max_bytes:
            return True
        below = int(state["first_seq"]) + max(1, int(state["messages"]) // DROPPED_PARTS)
        if self._keeps_unrecorded:
            below = min(below, 1 + await recorded_up_to(self._bus, names.STREAM_RESULTS))
        answer = await jetstream.call(self._bus, f"STREAM.PURGE.{names.STREAM_RESULTS}", {"seq": below}, repeat=False)
        log.warning("oldest_results_dropped", results=int(answer["purged"]), stored_bytes=int(state["bytes"]))
        info = await jetstream.call(self._bus, f"STREAM.INFO.{names.STREAM_RESULTS}")
        return int(info["state"]["bytes"]) < NO_ROOM * max_bytes

    def _tell(self, *, works: bool, why: str) -> None:
        if works is not self.works:
            if works:
                log.warning("store_works_again")
            else:
                log.error("store_does_not_work", reason=why)
        self.works, self.trouble = works, why
