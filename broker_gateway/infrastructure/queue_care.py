"""The wiring of what looks after waiting tasks."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.expiring import Expiring
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.ports import NodeDirectory
from broker_gateway.application.queue_sweep import QueueSweep
from broker_gateway.application.settings import ExpirySettings, SweepSettings
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.queue_reader import BusQueueReader
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats.connection import BusConnection


@dataclass(frozen=True, slots=True)
class QueueCare:
    """The use cases that look after waiting tasks, and what they share."""

    deadlines: DeadlineBook
    sweep: QueueSweep
    expiring: Expiring

    @classmethod
    def wired(cls, bus: BusConnection, lengths: QueueLengths, directory: NodeDirectory) -> QueueCare:
        """All of it, on one bus."""
        book = DeadlineBook()
        return cls(
            deadlines=book,
            sweep=QueueSweep(reader=BusQueueReader(bus), book=book, settings=SweepSettings()),
            expiring=Expiring(
                book=book,
                queue=BusTaskQueue(bus, lengths),
                results=BusResultStore(bus),
                history=BusHistory(bus),
                nodes=LiveNodes(directory=directory),
                control=BusNodeControl(bus),
                settings=ExpirySettings(),
            ),
        )

    def loops(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What is to run for as long as the process, by name."""
        return {"queue sweep": self.sweep.run(), "queue deadlines": self.expiring.run()}
