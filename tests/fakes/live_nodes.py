"""Nodes that are alive, as the gateway's directory knows them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.node import NodeRecord


class MemoryNodeDirectory:
    """Implements ``NodeDirectory``."""

    def __init__(self, *records: NodeRecord) -> None:
        self.records: list[NodeRecord] = list(records)

    def nodes(self) -> Sequence[NodeRecord]:
        return list(self.records)
