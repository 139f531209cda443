"""Messages of a durable pull consumer that all gateways share: at most one pull request is under way, and one that a
server has lost is sent again."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.infrastructure.bus import declare
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from chassis.nats.statuses import status_of
from schemas import topology
from schemas.pulls import pull_request

log = structlog.get_logger(__name__)

EXPIRES_S = 10.0
HEARTBEAT_S = 2.0
SILENCE_S = 5.0
"""No message and no heartbeat for this long: the pull is lost (a server restarted) and sent again."""
MOST_BYTES = 16 << 20
"""What one pull brings at most, or twice the largest message: hundreds of the largest results would be gigabytes."""
_PAUSE_S = 0.5
_HEARTBEAT = "100"
_NO_CONSUMER = "503"


@dataclass(frozen=True, slots=True)
class Durable:
    """Which consumer it is."""

    stream: str
    config: topology.JsonObject
    """As it is declared where it is away."""
    too_old_s: float
    """A message that waited here for this long is left to its redelivery."""


class DurablePull:
    """The pulled messages, for one caller at a time."""

    def __init__(self, bus: BusConnection, durable: Durable) -> None:
        self._bus = bus
        self._durable = durable
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{durable.stream}.{durable.config['durable_name']}"
        self._client: Client | None = None
        self._inbox = ""
        self._asked = 0
        """Messages that the pull under way may still bring."""
        self._arrived: deque[tuple[float, Msg]] = deque()
        self._news = asyncio.Event()
        bus.on_connect(self._connected)

    async def take(self, max_messages: int) -> list[Msg]:
        """Between one and ``max_messages``; waits until there is one."""
        while True:
            if batch := self._from_buffer(max_messages):
                return batch
            try:
                await self._pull(max_messages)
            except (BusUnavailableError, nats.errors.Error, OSError) as error:
                log.debug("pull_failed", stream=self._durable.stream, error=str(error))
                await asyncio.sleep(_PAUSE_S)
                continue
            await self._wait()

    def _from_buffer(self, max_messages: int) -> list[Msg]:
        batch: list[Msg] = []
        while self._arrived and len(batch) < max_messages:
            arrived_at, message = self._arrived.popleft()
            if time.monotonic() - arrived_at <= self._durable.too_old_s:
                batch.append(message)
        return batch

    async def _pull(self, max_messages: int) -> None:
        client = await self._bus.client()
        if client is not self._client:
            self._inbox = client.new_inbox()
            await client.subscribe(self._inbox, cb=self._on_message)
            self._client, self._asked = client, 0
        if self._asked == 0:
            max_bytes = max(MOST_BYTES, 2 * client.max_payload)
            body = pull_request(batch=max_messages, expires_s=EXPIRES_S, heartbeat_s=HEARTBEAT_S, max_bytes=max_bytes)
            await client.publish(self._subject, body, reply=self._inbox)
            self._asked = max_messages

    async def _connected(self) -> None:
        """A server that was away has forgotten the pull."""
        self._asked = 0
        self._news.set()

    async def _wait(self) -> None:
        silence = asyncio.get_running_loop().call_later(SILENCE_S, self._give_up)
        try:
            await self._news.wait()
        finally:
            silence.cancel()
        self._news.clear()

    def _give_up(self) -> None:
        """The pull is lost; the next one replaces it."""
        self._asked = 0
        self._news.set()

    async def _on_message(self, message: Msg) -> None:
        status = status_of(message)
        if not status:
            self._arrived.append((time.monotonic(), message))
            self._asked = max(self._asked - 1, 0)
        elif status != _HEARTBEAT:
            if status == _NO_CONSUMER:
                await self._declare()
            self._asked = 0
        self._news.set()

    async def _declare(self) -> None:
        """Creates the consumer again, which is away; or all of JetStream is."""
        await asyncio.sleep(_PAUSE_S)
        try:
            await declare.ensure_consumer(self._bus, self._durable.stream, self._durable.config)
        except BusUnavailableError as error:
            log.warning("consumer_not_declared", stream=self._durable.stream, error=str(error))
