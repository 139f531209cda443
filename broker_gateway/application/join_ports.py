"""The ports of nodes that join: where it is kept who did, and the directory's users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.joined import JoinedNode


class DirectoryUnavailableError(Exception):
    """The directory makes no users now; the text says why."""


class NoRoomError(Exception):
    """As many nodes have joined as may."""


@dataclass(frozen=True, slots=True)
class FoundNode:
    """A node that joined."""

    node: JoinedNode
    revision: int
    """Of what is kept of it; grows, over all nodes, with each change."""


class JoinedNodes(Protocol):
    """The nodes that joined, the same for all gateways. Every method raises BusUnavailableError."""

    async def find(self, node_id: str) -> FoundNode | None:
        """The node of this id, as it is now: nobody may be let in who was just forgotten."""
        ...

    async def put(self, node: JoinedNode, *, after: int) -> bool:
        """Keeps it in place of the revision ``after`` (0: there is none of its id). False where another one is there by
        now. Raises NoRoomError."""
        ...

    async def remove(self, found: FoundNode) -> bool:
        """Takes it away. False where it has changed, or is gone, by now."""
        ...

    async def page(self, above: int, size: int) -> Sequence[FoundNode]:
        """Up to ``size`` whose revision is above that, lowest first; fewer only where there are no more."""
        ...


class DirectoryUsers(Protocol):
    """The users of the directory, one for each node that joined. Every method raises DirectoryUnavailableError and may
    be repeated."""

    async def give(self, node: JoinedNode) -> tuple[str, str]:
        """The name and the password of the node's user, which is there when this returns, and may write the node's
        entry; empty where the directory asks nobody for a password. The password is the same for the same key."""
        ...

    async def take(self, node_id: str) -> bool:
        """Has there be no such user. False where there was none."""
        ...
