"""The events of all tasks, as they happen: a subscription to the subjects of EVENTS."""

from __future__ import annotations

import asyncio

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import TaskEvent
from schemas.reader import Reader

log = structlog.get_logger(__name__)

_CHECK_S = 5.0
"""How often it is checked that the subscription is still on the connection in use."""
_MAX_PENDING = 65_536
"""Events that the follower may be behind."""

_decoder = Reader(TaskEvent)


class BusTaskEvents:
    """Implements ``TaskEvents``, for one follower. Events that come faster than they are taken are dropped."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._client: Client | None = None
        self._events: asyncio.Queue[TaskEvent] = asyncio.Queue(_MAX_PENDING)

    async def next(self) -> TaskEvent:
        while True:
            await self._subscribed()
            try:
                async with asyncio.timeout(_CHECK_S):
                    return await self._events.get()
            except TimeoutError:
                continue

    async def _subscribed(self) -> None:
        while True:
            try:
                client = await self._bus.client()
                if client is not self._client:
                    await client.subscribe(names.EVENTS_WILDCARD, cb=self._on_message)
                    self._client = client
            except (BusUnavailableError, nats.errors.Error, OSError) as error:
                log.debug("events_not_followed", error=str(error))
                await asyncio.sleep(self._bus.settings.reconnect_base_s)
            else:
                return

    async def _on_message(self, message: Msg) -> None:
        if not names.is_of_state(message.subject):
            return
        try:
            self._events.put_nowait(_decoder.decode(message.data))
        except (msgspec.DecodeError, asyncio.QueueFull) as error:
            log.warning("event_missed", subject=message.subject, error=repr(error))
