"""The source of what callbacks are to be told before the end: a pull consumer on PROGRESS that all gateways share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec
import nats.errors
from nats.aio.msg import Msg

from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages
from broker_gateway.infrastructure.bus.durable_pull import Durable, DurablePull
from chassis.nats import acks, jetstream
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.progress import ProgressMessage

TOO_OLD_S = topology.RELAY_ACK_WAIT_S / 2


class BusProgressDelivery:
    """Implements ``ProgressDelivery``."""

    def __init__(self, bus: BusConnection, message: Msg, told: ProgressMessage) -> None:
        self._bus = bus
        self._message = message
        self._told = told

    @property
    def message(self) -> ProgressMessage:
        return self._told

    def done(self) -> None:
        self._bus.post(self._message.reply, acks.ACK)

    async def keep_alive(self) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._message.in_progress()


class BusProgressSource:
    """Implements ``ProgressSource``, for one caller at a time."""

    def __init__(self, bus: BusConnection, bound: BoundMessages = UNBOUND) -> None:
        self._bus = bus
        self._bound = bound
        self._pull = DurablePull(bus, Durable(names.STREAM_PROGRESS, topology.progress_consumer(), TOO_OLD_S))

    async def take(self, max_messages: int) -> Sequence[BusProgressDelivery]:
        while True:
            batch: list[BusProgressDelivery] = []
            for message in await self._pull.take(max_messages):
                try:
                    batch.append(BusProgressDelivery(self._bus, message, self._bound.progress(message.data)))
                except msgspec.DecodeError:
                    self._bus.post(message.reply, acks.TERMINATE)  # nobody can tell it, and nothing hangs on it
            if batch:
                return batch


class BusEnds:
    """Implements ``Ends``: looks whether there is a result, and fetches none."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def has_ended(self, task_id: str) -> bool:
        body = {"subjects_filter": names.result_subject(task_id)}
        answer = await jetstream.call(self._bus, f"STREAM.INFO.{names.STREAM_RESULTS}", body)
        return bool(answer["state"].get("subjects"))
