"""The message that says which key is which node's, on the stream NODES: one of each node that joined."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def join_text(node_id: str, pools: Iterable[str]) -> bytes:
    """What a node's key signs when it asks to join."""
    return "\n".join(("coderunner.v1.join", node_id, *pools)).encode()


class JoinedNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node that joined by a token. Gateways alone write and read it."""

    node_id: str
    pools: list[str]
    """Those whose tasks it may take."""
    nats_public_key: str
    """The public half of its NKey, by which the bus knows it: ``U`` and 55 characters."""
    joined_at_ms: int
    """When it first did, or when its pools became others; Unix milliseconds."""
    by: str
    """The client by whose token it joined."""
