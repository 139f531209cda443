"""The health of a node: its parts, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chassis.health import Part
from chassis.nats.connection import BusConnection
from node.application.draining import Draining
from node.application.heartbeat import Heartbeat
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.directory import EtcdNodeDirectory
from node.infrastructure.wiring import StartedPool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealth:
    """Tasks need the bus, a place for their results, and sandboxes. Without etcd gateways ask the node itself; what its
    machine is short of makes it take fewer tasks."""

    draining: Draining
    bus: BusConnection
    publisher: Publisher
    pool: StartedPool
    directory: EtcdNodeDirectory
    heartbeat: Heartbeat
    not_started: Callable[[], str]
    """Why the sandboxes were not made yet; empty once they were."""

    def parts(self) -> Mapping[str, Part]:
        """Every part of this node."""
        drains, stuck = self.draining.wanted, self.publisher.stuck
        unserved = ", ".join(f"{name}: {reason}" for name, reason in self.pool.unserved().items())
        alarms = ", ".join(self.heartbeat.alarms)
        away = f"etcd is away: {self.directory.trouble}" if self.directory.trouble else ""
        return {
            "running": Part(not drains, "drains: what runs is finished, nothing is taken" if drains else "takes tasks"),
            "bus": Part(self.bus.connected(), self.bus.words()),
            "store": Part(not stuck, "a result cannot be stored" if stuck else "results are stored"),
            "sandboxes": Part.of(self.not_started() or self.pool.trouble(), self._served()),
            "languages": Part.of(unserved, "all are served", needed=False),
            "directory": Part.of(away, "etcd knows this node", needed=False),
            "load": Part.of(alarms, self._load(), needed=False),
        }

    def _served(self) -> str:
        return ", ".join(f"{language.name} {version}" for language, version in self.pool.languages())

    def _load(self) -> str:
        return f"{self.heartbeat.score:.0f} of 100"
