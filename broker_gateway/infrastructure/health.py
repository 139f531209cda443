"""The health of a gateway: its parts, what is said of each, and which services can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.readiness import ReadinessReport
from broker_gateway.infrastructure.bus.declare import Declaration
from broker_gateway.infrastructure.bus.store_watch import StoreWatch
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from broker_gateway.infrastructure.history_role import HistoryRole
from chassis.health import Part, is_ready
from chassis.nats.connection import BusConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHealth:
    """Implements ``Readiness``. Calls need the bus, what it stores, and the nodes that are known: those stay known
    while etcd is away. A relay that does not get on delays callbacks, and a database that does not answer hides what
    has left the bus: neither is a reason to turn callers away."""

    stopping: Callable[[], bool]
    bus: BusConnection
    declaration: Declaration
    store: StoreWatch
    directory: EtcdNodeDirectory | None
    """None where this gateway answers no calls."""
    relay: CallbackRelay | None
    """None where this gateway delivers no callbacks."""
    history: HistoryRole | None
    """None where there is no database of past tasks."""
    takes_keys: bool = False
    """API keys are taken."""
    lets_join: bool = False
    """Nodes may join."""

    def parts(self) -> Mapping[str, Part]:
        """Every part of this gateway."""
        declared = self.declaration.connected()
        parts = {
            "running": Part(not self.stopping(), "stopping" if self.stopping() else "answers"),
            "bus": Part(self.bus.connected(), self.bus.words()),
            "streams": Part(declared, "declared" if declared else self.declaration.trouble or "the bus is away"),
            "store": Part.of("" if self.store.works else self.store.trouble, "the bus stores what it is given"),
        }
        if self.directory is not None:
            parts |= self._nodes(self.directory)
        if self.relay is not None:
            runs = self.relay.is_running
            says = "delivers callbacks" if runs else "cannot take results from the bus; callbacks come later"
            parts["callbacks"] = Part(runs, says, needed=False)
        if self.history is not None:
            parts["history"] = Part.of(self.history.trouble(), "the database answers", needed=False)
        return parts

    def report(self) -> ReadinessReport:
        """Which services can answer now."""
        parts = self.parts()
        running = parts["running"].works
        on_the_bus = running and parts["bus"].works and parts["streams"].works
        return ReadinessReport(
            executions=is_ready(parts),
            catalog=running and ("nodes" not in parts or parts["nodes"].works),
            operations=on_the_bus,
            nodes=on_the_bus and self.lets_join,
            keys=running and self.takes_keys and parts["history"].works,
        )

    def _nodes(self, directory: EtcdNodeDirectory) -> Mapping[str, Part]:
        known = directory.synced.is_set()
        says = f"{len(directory.nodes())} known" if known else "neither etcd nor a node has told of any yet"
        away = f"etcd is away: {directory.trouble}" if directory.trouble else ""
        return {"nodes": Part(known, says), "directory": Part.of(away, "etcd answers", needed=False)}
