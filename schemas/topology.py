"""The bus as data: which streams and durable consumers exist, and with what limits.

Everything here is the JSON that ``$JS.API.STREAM.CREATE.<stream>``, ``$JS.API.STREAM.UPDATE.<stream>`` and
``$JS.API.CONSUMER.DURABLE.CREATE.<stream>.<durable>`` take, so that no client library has to know every option.
The gateway owns the streams and all durable consumers (creates and updates); a node pulls from those of its pools.
Durations on this wire are nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas import blob_names, lanes, names
from schemas.joined import JOINED_WILDCARD
from schemas.node_rules import MAX_NODES
from schemas.status import Priority

JsonObject = dict[str, Any]

_NANOSECONDS = 1_000_000_000

DUPLICATE_WINDOW_S = 120
"""How long a task's id is remembered after its message is gone."""
TASK_ACK_WAIT_S = 5.0
"""A node that is silent for this long loses its task to another."""
RELAY_ACK_WAIT_S = 10
"""A gateway that is silent for this long loses its delivery to another."""
HISTORY_ACK_WAIT_S = 10
"""A projector that is silent for this long loses what it took to another, or takes it again."""
TASKS_SHARE, RESULTS_SHARE, EVENTS_SHARE, DEAD_SHARE, CALLBACKS_SHARE = 0.2, 0.4, 0.1, 0.05, 0.01
DELIVERED_SHARE, ANSWERS_SHARE, PROGRESS_SHARE, AUDIT_SHARE = 0.005, 0.02, 0.004, 0.01
BLOBS_SHARE, FILES_SHARE = 0.12, 0.08
"""Of ``BusLimits.max_bytes``; the rest is for the streams of secrets and of nodes. Of 9 GiB the callbacks' 92 MiB are
some 200,000 results whose delivery has failed, the 46 MiB of those that were taken at the first call some 100,000, the
184 MiB of the kept answers some 120,000 of 1.5 KB, and the 92 MiB of the audit trail some 300,000 calls."""
PROGRESS_MAX_AGE_S = 60.0
"""What happened longer ago nobody is told of any more."""
PROGRESS_PER_TASK = 128
"""The newest of one task's that may wait."""
PROGRESS_MAX_ACK_PENDING = 4_096
SECRETS_MAX_BYTES = 64 << 10
NODES_MAX_BYTES = 4 << 20
"""Some 300 bytes for each node with one pool."""
MAX_ACK_PENDING = 100_000
"""Tasks of one pool and priority that may run at once. Nodes bound themselves; this must never be what bounds them."""
RELAY_MAX_ACK_PENDING = 1_000_000
"""Results that relays hold or that wait for another try, hours long: where there are so many, no callback is begun."""
MAX_WAITING_PULLS = 8_192
"""Pull requests that may wait on one consumer: the free task loops of all nodes of a pool."""

STORED_RESULTS_WILDCARD = f"{names.ROOT}.stored.*"
"""Where RESULTS says every result again once it has stored it: who listens never sees one that lost."""


def stored_result_subject(task_id: str) -> str:
    """Core subject on which one task's stored result appears, once. Raises ValueError for an id that is no token."""
    return names.result_subject(task_id).replace(".result.", ".stored.")


@dataclass(frozen=True, slots=True)
class BusLimits:
    """What an operator sets. Ages are seconds."""

    replicas: int = 1
    """1, or 3 (5) in a cluster."""
    tasks_max_msgs: int = 100_000
    """Tasks queued and running, all pools together; the bus refuses more whatever the gateways believe."""
    results_max_age_s: float = 24 * 3600.0
    events_max_age_s: float = 24 * 3600.0
    callbacks_max_age_s: float = 24 * 3600.0
    dead_max_age_s: float = 7 * 24 * 3600.0
    answers_max_age_s: float = 24 * 3600.0
    audit_max_age_s: float = 400 * 24 * 3600.0
    blobs_max_age_s: float = 24 * 3600.0
    joins: bool = False
    """Nodes may join by tokens; otherwise there is no stream of those that did."""
    swept: bool = False
    """Events and results go when a gateway takes them away, and not by the two ages above."""
    max_bytes: int = 9 << 30
    """All streams together: below what the account may store, so that one that is full leaves the others their room."""


def streams(limits: BusLimits) -> list[JsonObject]:
    """The configurations of all streams."""
    made = [_tasks, _results, _events, _dead, _callbacks, _delivered, _answers, _progress, _audit, _secrets]
    return [make(limits) for make in (*made, _blobs, _files, *((_nodes,) if limits.joins else ()))]


def _stream(name: str, subject: str, limits: BusLimits, max_age_s: float, **more: Any) -> JsonObject:
    base: JsonObject = {
        "name": name,
        "subjects": [subject],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_msgs": -1,
        "max_bytes": -1,
        "max_consumers": -1,
        "max_msg_size": -1,
        "max_age": int(max_age_s * _NANOSECONDS),
        "num_replicas": limits.replicas,
        "allow_direct": True,
    }
    return base | more


def _share(limits: BusLimits, share: float) -> int:
    return int(limits.max_bytes * share)


def _tasks(limits: BusLimits) -> JsonObject:
    return _stream(
        names.STREAM_TASKS,
        names.TASKS_WILDCARD,
        limits,
        max_age_s=0,
        retention="workqueue",
        discard="new",
        max_msgs=limits.tasks_max_msgs,
        max_bytes=_share(limits, TASKS_SHARE),
        duplicate_window=DUPLICATE_WINDOW_S * _NANOSECONDS,
    )


def _results(limits: BusLimits) -> JsonObject:
    """One message per subject and new ones refused: the first writer wins even over one that sends no precondition.
    A stream that refuses what is new does so also where it is full: gateways take its oldest away in time."""
    return _stream(
        names.STREAM_RESULTS,
        names.RESULTS_WILDCARD,
        limits,
        0 if limits.swept else limits.results_max_age_s,
        max_bytes=_share(limits, RESULTS_SHARE),
        discard="new",
        max_msgs_per_subject=1,
        discard_new_per_subject=True,
        republish={"src": names.RESULTS_WILDCARD, "dest": STORED_RESULTS_WILDCARD.replace("*", "{{wildcard(1)}}")},
    )


def _events(limits: BusLimits) -> JsonObject:
    return _stream(
        names.STREAM_EVENTS,
        names.EVENTS_WILDCARD,
        limits,
        0 if limits.swept else limits.events_max_age_s,
        max_bytes=_share(limits, EVENTS_SHARE),
    )


def _dead(limits: BusLimits) -> JsonObject:
    room = _share(limits, DEAD_SHARE)
    return _stream(names.STREAM_DEAD, names.DEAD_WILDCARD, limits, limits.dead_max_age_s, max_bytes=room)


def _callbacks(limits: BusLimits) -> JsonObject:
    """The newest word about each result whose delivery has failed. What is pushed out is counted from 0 again."""
    return _stream(
        names.STREAM_CALLBACKS,
        names.CALLBACKS_WILDCARD,
        limits,
        limits.callbacks_max_age_s,
        max_msgs_per_subject=1,
        max_bytes=_share(limits, CALLBACKS_SHARE),
    )


def _delivered(limits: BusLimits) -> JsonObject:
    """The results that were taken at the first call: of their own, since there are so many of them, and none may push
    out the count of one that is still being tried."""
    return _stream(
        names.STREAM_DELIVERED,
        names.DELIVERED_WILDCARD,
        limits,
        limits.callbacks_max_age_s,
        max_bytes=_share(limits, DELIVERED_SHARE),
    )


def _answers(limits: BusLimits) -> JsonObject:
    """A key-value bucket with one value per key, but for ``discard``: where it is full, the oldest answer goes."""
    return _stream(
        names.STREAM_ANSWERS,
        names.ANSWERS_WILDCARD,
        limits,
        limits.answers_max_age_s,
        max_msgs_per_subject=1,
        max_bytes=_share(limits, ANSWERS_SHARE),
        allow_rollup_hdrs=True,
        deny_delete=True,
    )


def _progress(limits: BusLimits) -> JsonObject:
    """What is told leaves, and what nobody came to tell in time: it is news, not a record. Of its own, so that no
    flood of it pushes out an event that a task's history is made from."""
    return _stream(
        names.STREAM_PROGRESS,
        names.PROGRESS_WILDCARD,
        limits,
        PROGRESS_MAX_AGE_S,
        retention="workqueue",
        max_msgs_per_subject=PROGRESS_PER_TASK,
        max_bytes=_share(limits, PROGRESS_SHARE),
    )


def _audit(limits: BusLimits) -> JsonObject:
    """Nobody takes anything out of it, the gateways included, and nothing makes room for what is new."""
    forever: JsonObject = {"discard": "new", "deny_delete": True, "deny_purge": True}
    forever["max_bytes"] = _share(limits, AUDIT_SHARE)
    return _stream(names.STREAM_AUDIT, names.AUDIT_WILDCARD, limits, limits.audit_max_age_s, **forever)


def _blobs(limits: BusLimits) -> JsonObject:
    """Chunks, and what is known of each blob. Where it is full, what is new is refused, and pushes nobody's out."""
    newest: JsonObject = {"discard": "new", "max_msgs_per_subject": 1, "max_bytes": _share(limits, BLOBS_SHARE)}
    return _stream(blob_names.STREAM_BLOBS, blob_names.BLOBS_WILDCARD, limits, limits.blobs_max_age_s, **newest)


def _files(limits: BusLimits) -> JsonObject:
    """Chunks of the files that programs left; where it is full, the oldest go."""
    newest: JsonObject = {"max_msgs_per_subject": 1, "max_bytes": _share(limits, FILES_SHARE)}
    return _stream(blob_names.STREAM_FILES, blob_names.FILES_WILDCARD, limits, limits.blobs_max_age_s, **newest)


def _nodes(limits: BusLimits) -> JsonObject:
    """The newest word on each node that joined, for ever: who is not there is not let in. One more than the directory
    takes is refused."""
    newest: JsonObject = {"discard": "new", "max_msgs": MAX_NODES, "max_msgs_per_subject": 1}
    return _stream(names.STREAM_NODES, JOINED_WILDCARD, limits, 0, max_bytes=NODES_MAX_BYTES, **newest)


def _secrets(limits: BusLimits) -> JsonObject:
    """The first secret stays for ever. No direct gets: readers of all streams by subject must not read this one."""
    return _stream(
        names.STREAM_SECRETS,
        names.ID_SECRET,
        limits,
        max_age_s=0,
        discard="new",
        max_msgs_per_subject=1,
        discard_new_per_subject=True,
        max_bytes=SECRETS_MAX_BYTES,
        allow_direct=False,
    )


def task_consumer(
    pool: str, priority: Priority, ack_wait_s: float = TASK_ACK_WAIT_S, *, lane: int = lanes.FIRST
) -> JsonObject:
    """The durable pull consumer of one lane of a queue, which all nodes of a pool share. Raises ValueError for a pool
    that is no token.

    How often a task may be tried is the node's rule, not the server's: ``max_deliver`` is unlimited, because a message
    that the server gives up on would stay in a work queue unseen."""
    return _durable(
        names.queue_consumer(pool, priority, lane),
        names.queue_filter(pool, priority, lane),
        ack_wait_s,
        max_waiting=MAX_WAITING_PULLS,
        priority_groups=[names.LOAD_GROUP],
        priority_policy="prioritized",
    )


def relay_consumer() -> JsonObject:
    """The durable pull consumer on RESULTS that all relays share."""
    most = RELAY_MAX_ACK_PENDING
    return _durable(names.RELAY_CONSUMER, names.RESULTS_WILDCARD, RELAY_ACK_WAIT_S, max_ack_pending=most)


def progress_consumer() -> JsonObject:
    """The durable pull consumer on PROGRESS that all relays share."""
    most = PROGRESS_MAX_ACK_PENDING
    return _durable(names.PROGRESS_CONSUMER, names.PROGRESS_WILDCARD, RELAY_ACK_WAIT_S, max_ack_pending=most)


def history_consumers() -> dict[str, JsonObject]:
    """The durable pull consumers that all projectors share, by stream: every event and every result from the first
    one on."""
    return {
        names.STREAM_EVENTS: _durable(names.HISTORY_CONSUMER, names.EVENTS_WILDCARD, HISTORY_ACK_WAIT_S),
        names.STREAM_RESULTS: _durable(names.HISTORY_CONSUMER, names.RESULTS_WILDCARD, HISTORY_ACK_WAIT_S),
    }


def _durable(name: str, subject: str, ack_wait_s: float, **more: Any) -> JsonObject:
    base: JsonObject = {
        "durable_name": name,
        "filter_subject": subject,
        "deliver_policy": "all",
        "replay_policy": "instant",
        "ack_policy": "explicit",
        "ack_wait": int(ack_wait_s * _NANOSECONDS),
        "max_deliver": -1,
        "max_ack_pending": MAX_ACK_PENDING,
    }
    return base | more
