"""The request of a node, a relay or a projector for what waits on a durable consumer. Durations on this wire are
nanoseconds."""

from __future__ import annotations

import json

from schemas import names
from schemas.topology import JsonObject

_NANOSECONDS = 1_000_000_000


def pull_request(
    *, batch: int, expires_s: float, heartbeat_s: float = 0, load_priority: int | None = None, max_bytes: int = 0
) -> bytes:
    """Body for ``$JS.API.CONSUMER.MSG.NEXT.<stream>.<durable>``. ``load_priority`` (0 to 9, 0 is served first) is
    needed on task consumers and not allowed on the relay's. ``max_bytes``: of all messages together, with their
    subjects and headers (0: any number); one that is larger by itself never comes."""
    body: JsonObject = {"batch": batch, "expires": int(expires_s * _NANOSECONDS)}
    if max_bytes:
        body["max_bytes"] = max_bytes
    if heartbeat_s:
        body["idle_heartbeat"] = int(heartbeat_s * _NANOSECONDS)
    if load_priority is not None:
        body |= {"group": names.LOAD_GROUP, "priority": load_priority}
    return json.dumps(body).encode()
