"""The live nodes, and the scheduler that goes with them."""

from __future__ import annotations

from collections.abc import Sequence

from broker_gateway.application.ports import NodeDirectory
from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.scheduler import TaskScheduler
from schemas.node import NodeRecord


class LiveNodes:
    """The live nodes and the scheduler for them. A heartbeat that changes only a node's load costs no new scheduler."""

    def __init__(self, *, directory: NodeDirectory) -> None:
        self._directory = directory
        self._records: Sequence[NodeRecord] = ()
        self._nodes: tuple[ClientNode, ...] = ()
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
        records = self._directory.nodes()
        if records is self._records:
            return
        known = {id(node.record): node for node in self._nodes}
        nodes = tuple(known.get(id(record)) or ClientNode(record) for record in records)
        if not _serve_alike(nodes, self._nodes):
            self._scheduler = TaskScheduler(nodes)
        self._records, self._nodes = records, nodes


def _serve_alike(new: Sequence[ClientNode], old: Sequence[ClientNode]) -> bool:
    pairs = zip(new, old, strict=False)
    return len(new) == len(old) and all(one is other or one.serves_as(other) for one, other in pairs)
