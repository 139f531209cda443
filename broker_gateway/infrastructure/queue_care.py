"""The wiring of what looks after waiting tasks."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.expiring import Expiring
from broker_gateway.application.follower_ends import FollowerEnds
from broker_gateway.application.following import Following
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.placing_again import PlacingAgain
from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.ports import NodeDirectory
from broker_gateway.application.queue_sweep import QueueSweep
from broker_gateway.application.settings import ExpirySettings, FollowSettings, PlacingSettings, SweepSettings
from broker_gateway.infrastructure.bus.answers import BusAnswerStore
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.mover import BusQueueActivity, BusTaskMover
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.queue_reader import BusQueueReader
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats.connection import BusConnection


@dataclass(frozen=True, slots=True)
class QueueCare:
    """The use cases that look after waiting tasks, and what they share."""

    nodes: LiveNodes
    deadlines: DeadlineBook
    sweep: QueueSweep
    expiring: Expiring
    following: Following

    @classmethod
    def wired(
        cls,
        bus: BusConnection,
        lengths: QueueLengths,
        directory: NodeDirectory,
        settings: PlacingSettings,
        bound: BoundMessages,
    ) -> QueueCare:
        """All of it, on one bus."""
        book, pools = DeadlineBook(), PoolActivity(settings.untaken_ms)
        nodes = LiveNodes(directory=directory, activity=pools)
        queue, results = BusTaskQueue(bus, lengths, bound), BusResultStore(bus, bound)
        history = BusHistory(bus)
        mover = BusTaskMover(bus, lengths)
        placing = PlacingAgain(
            queue=queue,
            mover=mover,
            activity=BusQueueActivity(bus),
            pools=pools,
            results=results,
            history=history,
            nodes=nodes,
            settings=settings,
        )
        expiring = Expiring(
            book=book,
            queue=queue,
            results=results,
            history=history,
            nodes=nodes,
            control=BusNodeControl(bus),
            settings=ExpirySettings(),
        )
        following = Following(
            answers=BusAnswerStore(bus),
            queue=queue,
            results=results,
            history=history,
            feeds=BusLiveFeed(bus, bound),
            ends=FollowerEnds(queue=queue, mover=mover, results=results, history=history, nodes=nodes),
            settings=FollowSettings(),
        )
        sweep = QueueSweep(
            reader=BusQueueReader(bus), book=book, placing=placing, following=following, settings=SweepSettings()
        )
        return cls(nodes=nodes, deadlines=book, sweep=sweep, expiring=expiring, following=following)

    def loops(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What is to run for as long as the process, by name."""
        return {"queue sweep": self.sweep.run(), "queue deadlines": self.expiring.run()}
