"""Nodes that are alive, as the gateway's directory knows them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.node import NodeRecord


class MemoryNodeDirectory:
    """Implements ``NodeDirectory``."""

    def __init__(self, *records: NodeRecord) -> None:
        self.records: list[NodeRecord] = list(records)

    def announce(self, record: NodeRecord) -> None:
        self.withdraw(record.id)
        self.records.append(record)

    def withdraw(self, node_id: str) -> None:
        self.records = [one for one in self.records if one.id != node_id]

    def nodes(self) -> Sequence[NodeRecord]:
        return list(self.records)
