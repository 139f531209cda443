"""The source of finished executions for the relay: a pull consumer on RESULTS that all gateways share."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.application.ports import ResultDelivery
from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.delivery import BusResultDelivery, bury_message
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.execution import ResultMessage
from schemas.status import DeadReason

log = structlog.get_logger(__name__)

EXPIRES_S = 10.0
HEARTBEAT_S = 2.0
SILENCE_S = 5.0
"""No message and no heartbeat for this long: the pull is lost (a server restarted) and sent again."""
TOO_OLD_S = topology.RELAY_ACK_WAIT_S / 2
"""A message that waited here for this long is left to its redelivery."""
_PAUSE_S = 0.5

_PULL = f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_RESULTS}.{names.RELAY_CONSUMER}"
_HEARTBEAT = "100"
_NO_CONSUMER = "503"
_results = msgspec.json.Decoder(ResultMessage)


class BusResultSource:
    """Implements ``ResultSource``, for one caller at a time. At most one pull request is under way."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus
        self._client: Client | None = None
        self._inbox = ""
        self._asked = 0
        """Messages that the pull under way may still bring."""
        self._arrived: deque[tuple[float, Msg]] = deque()
        self._news = asyncio.Event()
        bus.on_connect(self._connected)

    async def take(self, max_results: int) -> Sequence[ResultDelivery]:
        while True:
            if batch := await self._from_buffer(max_results):
                return batch
            try:
                await self._pull(max_results)
            except (BusUnavailableError, nats.errors.Error, OSError) as error:
                log.debug("result_pull_failed", error=str(error))
                await asyncio.sleep(_PAUSE_S)
                continue
            await self._wait()

    async def _from_buffer(self, max_results: int) -> list[ResultDelivery]:
        batch: list[ResultDelivery] = []
        while self._arrived and len(batch) < max_results:
            arrived_at, message = self._arrived.popleft()
            if time.monotonic() - arrived_at > TOO_OLD_S:
                continue
            try:
                result = _results.decode(message.data)
            except msgspec.DecodeError as error:
                await bury_message(
                    self._bus, message, DeadReason.UNDECODABLE, str(error), message.subject.rpartition(".")[2]
                )
                continue
            batch.append(BusResultDelivery(self._bus, message, result))
        return batch

    async def _pull(self, max_results: int) -> None:
        client = await self._bus.client()
        if client is not self._client:
            self._inbox = client.new_inbox()
            await client.subscribe(self._inbox, cb=self._on_message)
            self._client, self._asked = client, 0
        if self._asked == 0:
            body = topology.pull_request(batch=max_results, expires_s=EXPIRES_S, heartbeat_s=HEARTBEAT_S)
            await client.publish(_PULL, body, reply=self._inbox)
            self._asked = max_results

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
        status = (message.headers or {}).get("Status") if not message.data else None
        if status is None:
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
            await declare.ensure_consumer(self._bus, names.STREAM_RESULTS, topology.relay_consumer())
        except BusUnavailableError as error:
            log.warning("relay_consumer_not_declared", error=str(error))
