"""The client's type of a node that joined by a token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JoinedNode:
    """A node that joined by a token, whether it runs or not."""

    node_id: str
    pools: tuple[str, ...]
    """Those whose tasks it may take."""
    nats_public_key: str
    """Of the key by which the bus knows it."""
    joined_at_ms: int
    """Unix milliseconds."""
    by: str
    """The client by whose token it joined."""
