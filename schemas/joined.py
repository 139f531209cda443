"""Nodes that join by a token: their names on the bus, and the message of the stream NODES that says which key is which
node's."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.names import ROOT, is_token

AUTH_REQUESTS = "$SYS.REQ.USER.AUTH"
"""On which the bus asks the gateways who somebody is that its configuration does not know."""
JOINED_WILDCARD = f"{ROOT}.joined.*"
_USER = "joined-"
MAX_ID_CHARS = 64 - len(_USER)


class JoinedNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node that joined by a token, one message for each. Gateways alone write it."""

    node_id: str
    pools: list[str]
    """Those whose tasks it may take."""
    nats_public_key: str
    """The public half of its NKey, by which the bus knows it: ``U`` and 55 characters."""
    joined_at_ms: int
    """When it first did, or when its pools became others; Unix milliseconds."""
    by: str
    """The client by whose token it joined."""


def is_joinable_id(text: str) -> bool:
    """Whether a node that joins may have this id: its user on the bus is named after it."""
    return is_token(text) and len(text) <= MAX_ID_CHARS


def joined_subject(node_id: str) -> str:
    """The subject on which it stands that a node of this id joined. Raises ValueError for what can be none's."""
    return f"{ROOT}.joined.{_checked(node_id)}"


def joined_user(node_id: str) -> str:
    """What a node that joined says on the bus that it is; its user of the directory has the same name. No user of the
    configuration may be called so: whoever chooses a node's id chooses nobody else's inbox or password. Raises
    ValueError for what can be no such node's id."""
    return f"{_USER}{_checked(node_id)}"


def is_joined_user(user: str) -> bool:
    """True for what ``joined_user`` may have made."""
    return bool(joined_id(user))


def joined_id(user: str) -> str:
    """The id of the node that says that it is this user; empty where no node that joined does."""
    node_id = user.removeprefix(_USER)
    return node_id if user.startswith(_USER) and is_joinable_id(node_id) else ""


def join_text(node_id: str, pools: Iterable[str]) -> bytes:
    """What a node's key signs when it asks to join."""
    return "\n".join(("coderunner.v1.join", node_id, *pools)).encode()


def _checked(node_id: str) -> str:
    if not is_joinable_id(node_id):
        raise ValueError(f"no id of a node that joined: {node_id!r}")
    return node_id
