"""The source of finished executions for the relay: a pull consumer on RESULTS that all gateways share."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from broker_gateway.application.ports import ResultDelivery
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages, ForgedError
from broker_gateway.infrastructure.bus.delivery import BusResultDelivery, bury_message, refuse_result
from broker_gateway.infrastructure.bus.durable_pull import Durable, DurablePull
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.buried_ids import buried_id
from schemas.status import DeadReason

TOO_OLD_S = topology.RELAY_ACK_WAIT_S / 2


class BusResultSource:
    """Implements ``ResultSource``, for one caller at a time."""

    def __init__(
        self, bus: BusConnection, relayed: RelayedResults | None = None, bound: BoundMessages = UNBOUND
    ) -> None:
        """``relayed`` is told what is done with."""
        self._bus = bus
        self._bound = bound
        self._relayed = relayed if relayed is not None else RelayedResults()
        self._pull = DurablePull(bus, Durable(names.STREAM_RESULTS, topology.relay_consumer(), TOO_OLD_S))

    async def take(self, max_results: int) -> Sequence[ResultDelivery]:
        while True:
            batch: list[ResultDelivery] = []
            for message in await self._pull.take(max_results):
                try:
                    result = self._bound.result(message.data, message.subject, reader="relay")
                except ForgedError as error:
                    await refuse_result(self._bus, message, DeadReason.FORGED, str(error))
                except msgspec.DecodeError as error:
                    task_id = buried_id(message.subject)
                    await bury_message(self._bus, message, DeadReason.UNDECODABLE, str(error), task_id)
                else:
                    batch.append(BusResultDelivery(self._bus, message, result, self._relayed))
            if batch:
                return batch
