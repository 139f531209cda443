"""What the keys of the bus may do: the one list from which a node's permissions are made.

A wildcard stands for a whole token, so whatever has a consumer's name in a token is listed by name. A node reads no
stream: who may read one reads all of it. It stores by a task's id, which the bus tells nobody but the node that was
given the task, gateways and operators. Files go where the node that stores them has chosen at random; blobs of input
it may not store at all, and it asks the gateways for those of its tasks, by places that nobody can guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas import blob_names, names
from schemas.joined import joined_user


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects that a user may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def queue_consumers(pools: Iterable[str]) -> list[str]:
    """The durable consumers on TASKS that the nodes of these pools pull from."""
    return [consumer for pool in pools for consumer in names.pool_consumers(pool)]


def of_node(user: str, pools: Iterable[str]) -> Permissions:
    """The permissions of a node that takes the tasks of ``pools``. Its user is named as its id is, or else hears the
    orders to no other node. Raises ValueError for what is no token."""
    orders = names.node_subject(user) if user != SHARED_USER else f"{names.ROOT}.control.node.*"
    return _of_node(user, orders, tuple(pools))


def of_joined_node(node_id: str, pools: Iterable[str]) -> Permissions:
    """The same for a node that joined, whose user is named after its id. Raises ValueError for what is no token."""
    return _of_node(joined_user(node_id), names.node_subject(node_id), tuple(pools))


def _of_node(user: str, orders: str, pools: tuple[str, ...]) -> Permissions:
    consumers = queue_consumers(pools)
    return Permissions(
        publish=(
            *_STORED_BY_NODES,
            *(f"$JS.API.CONSUMER.INFO.{names.STREAM_TASKS}.{consumer}" for consumer in consumers),
            *(f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.{consumer}" for consumer in consumers),
            *(f"$JS.ACK.{names.STREAM_TASKS}.{consumer}.>" for consumer in consumers),
        ),
        subscribe=(
            f"{names.inbox_of(user)}.>",
            names.CANCEL_WILDCARD,
            orders,
            names.ROLL_CALL,
            *map(names.backlog_subject, pools),
        ),
    )


SHARED_USER = "node"
"""The user of a node that has none of its own: any node id goes with it."""
_STORED_BY_NODES = (
    names.RESULTS_WILDCARD,
    *names.EVENTS_OF_NODES,
    f"{names.ROOT}.output.*",
    names.PROGRESS_WILDCARD,
    names.DEAD_WILDCARD,
    names.ASK_RESULT_WILDCARD,
    names.ASK_STARTS_WILDCARD,
    blob_names.ASK_BLOB_WILDCARD,
    blob_names.FILES_WILDCARD,
)
