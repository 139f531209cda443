"""The gateway's ports on nodes that join, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from broker_gateway.application.join_ports import DirectoryUnavailableError, FoundNode, NoRoomError
from schemas.joined import JoinedNode


class MemoryJoinedNodes:
    """Implements ``JoinedNodes``."""

    def __init__(self, room: int = 1000) -> None:
        self.kept: dict[str, FoundNode] = {}
        self._room = room
        self._revision = 0

    async def find(self, node_id: str) -> FoundNode | None:
        return self.kept.get(node_id)

    async def put(self, node: JoinedNode, *, after: int) -> bool:
        found = self.kept.get(node.node_id)
        if (found.revision if found is not None else 0) != after:
            return False
        if found is None and len(self.kept) >= self._room:
            raise NoRoomError("full")
        self._revision += 1
        self.kept[node.node_id] = FoundNode(node, self._revision)
        return True

    async def remove(self, found: FoundNode) -> bool:
        if self.kept.get(found.node.node_id) != found:
            return False
        del self.kept[found.node.node_id]
        return True

    async def page(self, above: int, size: int) -> Sequence[FoundNode]:
        ordered = sorted(self.kept.values(), key=lambda one: one.revision)
        return [one for one in ordered if one.revision > above][:size]


class MemoryDirectoryUsers:
    """Implements ``DirectoryUsers``. ``by_node``: the passwords."""

    def __init__(self) -> None:
        self.by_node: dict[str, str] = {}
        self.is_away = False

    async def give(self, node: JoinedNode) -> tuple[str, str]:
        self._answer()
        self.by_node[node.node_id] = f"of {node.nats_public_key}"
        return f"joined-{node.node_id}", self.by_node[node.node_id]

    async def take(self, node_id: str) -> bool:
        self._answer()
        return self.by_node.pop(node_id, None) is not None

    def _answer(self) -> None:
        if self.is_away:
            raise DirectoryUnavailableError("it is away")
