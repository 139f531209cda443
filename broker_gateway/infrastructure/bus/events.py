"""All tasks' events, as they happen."""

from __future__ import annotations

import asyncio

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.application.ports import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import TaskEvent

log = structlog.get_logger(__name__)

_LOOK_S = 5.0
"""How often it is checked that the subscription is still on the connection in use."""
_decoder = msgspec.json.Decoder(TaskEvent)


class BusTaskEvents:
    """Implements ``TaskEvents``, for one follower."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._client: Client | None = None
        self._events: asyncio.Queue[TaskEvent] = asyncio.Queue(65_536)

    async def next(self) -> TaskEvent:
        while True:
            await self._subscribed()
            try:
                async with asyncio.timeout(_LOOK_S):
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
                log.debug("events not followed", error=str(error))
                await asyncio.sleep(self._bus.settings.reconnect_base_s)
            else:
                return

    async def _on_message(self, message: Msg) -> None:
        try:
            self._events.put_nowait(_decoder.decode(message.data))
        except (msgspec.DecodeError, asyncio.QueueFull) as error:
            log.warning("event missed", subject=message.subject, error=repr(error))
