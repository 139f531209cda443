"""Declares the streams and consumers of ``schemas.topology``. Any number of gateways may do it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from chassis.backoff import Failures
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.consumer_requests import create_consumer_request

log = structlog.get_logger(__name__)

ACCOUNT_SHARE = 0.9
"""Of what the account may store: the rest is the server's own, consumers and what is about to be removed."""
_SOMEBODY_WAS_FASTER = (jetstream.STREAM_NAME_IN_USE, jetstream.NO_STORAGE)
LOOK_EVERY_S = 5.0
"""Between two looks at whether all streams are still there."""
MIN_BYTES = 64 << 20
"""Of all streams; with less nothing works."""


async def ensure_stream(bus: BusConnection, config: topology.JsonObject) -> None:
    """Changes the stream's limits, or creates it where it is missing. Not the other way round: a server that is asked
    to create looks for room before it sees that the stream is there. Raises JetStreamError, BusUnavailableError."""
    if await _updated(bus, config):
        return
    try:
        await jetstream.call(bus, f"STREAM.CREATE.{config['name']}", config)
    except jetstream.JetStreamError as error:
        if error.err_code not in _SOMEBODY_WAS_FASTER or not await _updated(bus, config):
            raise


async def _updated(bus: BusConnection, config: topology.JsonObject) -> bool:
    """False where there is no such stream."""
    try:
        await jetstream.call(bus, f"STREAM.UPDATE.{config['name']}", config)
    except jetstream.JetStreamError as error:
        if error.err_code != jetstream.STREAM_NOT_FOUND:
            raise
        return False
    return True


async def ensure_consumer(bus: BusConnection, stream: str, config: topology.JsonObject) -> int:
    """Creates or updates the durable; how many messages wait for it. Raises JetStreamError, BusUnavailableError."""
    subject, body = create_consumer_request(stream, config)
    return int((await jetstream.call_raw(bus, subject, body))["num_pending"])


async def ensure_all(bus: BusConnection, limits: topology.BusLimits) -> None:
    """The streams and the relays' consumers."""
    for config in topology.streams(limits):
        await ensure_stream(bus, config)
    await ensure_consumer(bus, names.STREAM_RESULTS, topology.relay_consumer())
    await ensure_consumer(bus, names.STREAM_PROGRESS, topology.progress_consumer())


class Declaration:
    """The task that declares everything after each connection and where a stream is missing, and goes on trying while
    JetStream is not ready."""

    def __init__(
        self, bus: BusConnection, limits: topology.BusLimits, *, then: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """``then`` is done each time everything was declared, as a part of it."""
        self._bus = bus
        self._then = then
        self._limits = limits
        self._task: asyncio.Task[None] | None = None
        self.done = asyncio.Event()
        """Everything was there when last looked."""
        self.trouble = "not looked at yet"
        """Why it is not; empty where it is."""
        bus.on_connect(self._again)

    def connected(self) -> bool:
        """True while the bus is connected and everything is there."""
        return self._bus.connected() and self.done.is_set()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _again(self) -> None:
        await self.close()
        self._task = asyncio.create_task(self._until_done(), name="bus declaration")

    async def _until_done(self) -> None:
        failures = Failures(self._bus.settings.backoff)
        while True:
            try:
                await ensure_all(self._bus, await self._fitting())
                if self._then is not None:
                    await self._then()
            except BusUnavailableError as error:
                if isinstance(error, jetstream.JetStreamError) and error.err_code == jetstream.NO_STORAGE:
                    self._smaller()
                log.warning("bus_not_declared", error=str(error))
                self.trouble = str(error) or repr(error)
                self.done.clear()
                await asyncio.sleep(failures.next_s())
            else:
                self.trouble = ""
                self.done.set()
                await self._until_one_is_missing()

    async def _until_one_is_missing(self) -> None:
        """Returns once a stream that was declared is gone: somebody has deleted it."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for config in topology.streams(self._limits):
                try:
                    await jetstream.call(self._bus, f"STREAM.INFO.{config['name']}")
                except jetstream.JetStreamError as error:
                    if error.err_code == jetstream.STREAM_NOT_FOUND:
                        log.warning("stream_is_missing", stream=config["name"])
                        return
                except BusUnavailableError:
                    break  # once it is connected again, all are declared again

    async def _fitting(self) -> topology.BusLimits:
        """The limits, within what the account may store."""
        account = await jetstream.call(self._bus, "INFO")
        may_store = int(account.get("limits", {}).get("max_storage", -1))
        if may_store <= 0:
            return self._limits
        return replace(self._limits, max_bytes=min(self._limits.max_bytes, int(ACCOUNT_SHARE * may_store)))

    def _smaller(self) -> None:
        """After the server said that it has no such room to promise."""
        self._limits = replace(self._limits, max_bytes=max(MIN_BYTES, self._limits.max_bytes // 2))
        log.warning("streams_made_smaller", max_bytes=self._limits.max_bytes)
