"""Nodes that are alive, as the gateway's directory knows them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.node import LanguageRecord, NodeRecord
from schemas.status import NodeState


class MemoryNodeDirectory:
    """Implements ``NodeDirectory``."""

    def __init__(self, *records: NodeRecord) -> None:
        self.records: list[NodeRecord] = list(records)

    def nodes(self) -> Sequence[NodeRecord]:
        return list(self.records)


def language(name: str = "python", version: str = "3.13.5", *aliases: str, compiled: bool = False) -> LanguageRecord:
    return LanguageRecord(name=name, version=version, aliases=list(aliases), extensions=[".x"], compiled=compiled)


def node(
    node_id: str = "n1",
    *languages: LanguageRecord,
    pools: Sequence[str] = ("default",),
    state: NodeState = NodeState.READY,
    capacity: int = 4,
    load_score: float = 0.0,
) -> NodeRecord:
    return NodeRecord(
        id=node_id,
        host=f"{node_id}.example",
        pools=list(pools),
        languages=list(languages) or [language("python", "3.13.5", "py")],
        labels={},
        capacity=capacity,
        running=0,
        cpu_percent=1.0,
        memory_percent=2.0,
        disk_percent=3.0,
        load_score=load_score,
        state=state,
        alarms=[],
        version="0.1.0",
        sandbox_runtime="runc",
        started_at_ms=1,
        updated_at_ms=2,
    )
