"""The live nodes, and the scheduler that goes with them."""

from __future__ import annotations

from collections.abc import Sequence, Set

from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.ports import NodeDirectory
from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.scheduler import TaskScheduler
from schemas.node import NodeRecord


class LiveNodes:
    """The live nodes and the scheduler for them. A heartbeat that changes only a node's load costs no new scheduler."""

    def __init__(self, *, directory: NodeDirectory, activity: PoolActivity | None = None) -> None:
        self._directory = directory
        self._activity = activity or PoolActivity()
        self._records: Sequence[NodeRecord] = ()
        self._nodes: tuple[ClientNode, ...] = ()
        self._quiet: Set[str] = frozenset()
        self._scheduler = TaskScheduler(())

    def live(self) -> Sequence[ClientNode]:
        """All live nodes."""
        self._refresh()
        return self._nodes

    def scheduler(self) -> TaskScheduler:
        """The scheduler for the nodes that are live now."""
        self._refresh()
        return self._scheduler

    def _refresh(self) -> None:
        """With a thousand nodes a record changes every few milliseconds: only what did is made and compared anew."""
        records, quiet = self._directory.nodes(), self._activity.quiet
        if records is self._records and quiet is self._quiet:
            return
        known = {id(node.record): node for node in self._nodes}
        nodes = tuple(known.get(id(record)) or ClientNode(record) for record in records)
        if quiet is not self._quiet or not _serve_alike(nodes, self._nodes):
            self._scheduler = TaskScheduler(nodes, quiet)
        self._records, self._nodes, self._quiet = records, nodes, quiet


def _serve_alike(new: Sequence[ClientNode], old: Sequence[ClientNode]) -> bool:
    pairs = zip(new, old, strict=False)
    return len(new) == len(old) and all(one is other or one.serves_as(other) for one, other in pairs)
