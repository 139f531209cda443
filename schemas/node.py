"""What a node says of itself in etcd, and the orders it takes."""

from __future__ import annotations

import msgspec

from schemas.status import NodeState


class LanguageRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str
    aliases: list[str]
    extensions: list[str]
    compiled: bool


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    host: str
    pools: list[str]
    languages: list[LanguageRecord]
    labels: dict[str, str]
    capacity: int
    """The most tasks it runs at once."""
    running: int
    cpu_percent: float
    memory_percent: float
    disk_percent: float
    load_score: float
    """0 (idle) to 100; see ``node.domain.load``."""
    state: NodeState
    alarms: list[str]
    version: str
    sandbox_runtime: str
    started_at_ms: int
    updated_at_ms: int


DRAIN = "drain"
"""Order: take nothing new, finish what runs, then end."""
RESUME = "resume"
"""Order: take tasks again; it calls off a drain that is not finished."""


class NodeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """On ``control.node.<id>``: an order to one node."""

    order: str
    """``DRAIN`` or ``RESUME``."""


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True):
    """On ``control.cancel.<task_id>``; the node that runs it answers with ``CancelReply``."""

    id: str
    reason: str


class CancelReply(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    node_id: str
