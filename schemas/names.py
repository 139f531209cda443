"""The only spelling of subjects, streams, consumers, keys and headers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from schemas.lanes import FIRST, LANES
from schemas.status import PRIORITIES_BY_URGENCY, Priority, Status

ROOT = "coderunner.v1"

STREAM_TASKS = "CODERUNNER_TASKS"
STREAM_RESULTS = "CODERUNNER_RESULTS"
STREAM_EVENTS = "CODERUNNER_EVENTS"
STREAM_DEAD = "CODERUNNER_DEAD"
STREAM_CALLBACKS = "CODERUNNER_CALLBACKS"
STREAM_DELIVERED = "CODERUNNER_DELIVERED"
STREAM_PROGRESS = "CODERUNNER_PROGRESS"
STREAM_SECRETS = "CODERUNNER_SECRETS"
STREAM_AUDIT = "CODERUNNER_AUDIT"
STREAM_NODES = "CODERUNNER_NODES"
STREAM_ANSWERS = "KV_CODERUNNER_ANSWERS"
"""The stream of the key-value bucket CODERUNNER_ANSWERS (NATS ADR-8): ``nats kv`` reads it."""

TASKS_WILDCARD = f"{ROOT}.task.>"
RESULTS_WILDCARD = f"{ROOT}.result.*"
EVENTS_WILDCARD = f"{ROOT}.event.*.*"
DEAD_WILDCARD = f"{ROOT}.dead.*.*"
CALLBACKS_WILDCARD = f"{ROOT}.callback.*.*"
DELIVERED_WILDCARD = f"{ROOT}.delivered.*.*"
AUDIT_WILDCARD = f"{ROOT}.audit.*"
_ANSWERS = "$KV.CODERUNNER_ANSWERS"
ANSWERS_WILDCARD = f"{_ANSWERS}.>"
PROGRESS_WILDCARD = f"{ROOT}.progress.*"
ID_SECRET = "coderunner.secret.task_ids"  # noqa: S105 - a subject
"""Subject of what makes the ids of tasks with idempotency keys. Gateways alone may read it, so it is not below ROOT,
which operators listen to."""
QUEUED_EVENTS = f"{ROOT}.event.*.queued"

RELAY_CONSUMER = "callback-relay"
"""Durable consumer on RESULTS that all gateways share."""

PROGRESS_CONSUMER = "progress-relay"
"""Durable consumer on PROGRESS that all gateways share."""

HISTORY_CONSUMER = "history"
"""Durable consumer on RESULTS, and one on EVENTS, that all projectors share."""

LOAD_GROUP = "load"
"""The one priority group of every task consumer."""

HEADER_MSG_ID = "Nats-Msg-Id"
HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE = "Nats-Expected-Last-Subject-Sequence"

INBOX_GATEWAY = "_INBOX_gateway"
INBOX_NODE = "_INBOX_node"
"""Prefixes of reply subjects (``inbox_prefix`` of the client). The bus lets each user subscribe to its own only."""

NODES_PREFIX = "/coderunner/v1/nodes/"

POOL_OF_FOLLOWERS = "_followers"
"""The pool of tasks that wait for the outcome of another one like them. No node takes from it."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOOKED_AT = ("preparing", "prepared")
"""The last words of the subjects of events that tell of no state."""
EVENTS_OF_NODES = tuple(
    f"{ROOT}.event.*.{word}"
    for word in (*_LOOKED_AT, *(one.value.lower() for one in Status if one is not Status.QUEUED))
)
"""What nodes tell of. That a task was accepted, and whose it is, is the gateways' word."""


def is_token(text: str) -> bool:
    """True if ``text`` may stand between two dots of a subject and in a durable's name."""
    return _TOKEN.fullmatch(text) is not None


def is_pool(text: str) -> bool:
    """True if a node may take tasks from a pool of that name."""
    return is_token(text) and not text.startswith("_")


def _token(text: str) -> str:
    if not is_token(text):
        raise ValueError(f"not a subject token: {text!r}")
    return text


def _queue_token(priority: Priority, lane: int) -> str:
    """One token, so that a task is found by the same wildcards whatever its lane."""
    if not FIRST <= lane < LANES:
        raise ValueError(f"not a lane: {lane}")
    return priority.value.lower() if lane == FIRST else f"{priority.value.lower()}-{lane}"


def task_subject(pool: str, priority: Priority, task_id: str, lane: int = FIRST) -> str:
    """The subject on which a task is queued."""
    return f"{ROOT}.task.{_token(pool)}.{_queue_token(priority, lane)}.{_token(task_id)}"


def probe_subject(token: str) -> str:
    """The subject among the tasks on which a gateway looks whether they can be stored; of no pool that a node may
    have."""
    return f"{ROOT}.task._probe.low.{_token(token)}"


ANY_PROBE = f"{ROOT}.task._probe.low.*"
"""The subjects of all gateways' probes."""


def task_subject_any(task_id: str) -> str:
    """Matches the task in whatever pool, priority and lane it waits."""
    return f"{ROOT}.task.*.*.{_token(task_id)}"


def queue_filter(pool: str, priority: Priority, lane: int = FIRST) -> str:
    """The subjects of all tasks of one lane of a queue."""
    return f"{ROOT}.task.{_token(pool)}.{_queue_token(priority, lane)}.>"


def queue_consumer(pool: str, priority: Priority, lane: int = FIRST) -> str:
    """Durable pull consumer of one lane of a queue, which all nodes of the pool share."""
    return f"{_token(pool)}-{_queue_token(priority, lane)}"


def pool_consumers(pool: str) -> tuple[str, ...]:
    """All durable pull consumers of a pool: what its nodes may ask for tasks."""
    return tuple(queue_consumer(pool, priority, lane) for priority in PRIORITIES_BY_URGENCY for lane in range(LANES))


def pool_of(subject: str) -> str:
    """The pool in a task's subject, or in what ``queue_filter`` made. Empty for anything else."""
    tokens = subject.split(".")
    return tokens[3] if subject.startswith(f"{ROOT}.task.") and is_token(tokens[3]) else ""


def backlog_subject(pool: str) -> str:
    """The subject on which the nodes of a pool are told that tasks wait in lanes which they need not look at
    otherwise."""
    return f"{ROOT}.control.backlog.{_token(pool)}"


def inbox_of(user: str) -> str:
    """The prefix of a user's reply subjects, which no other user may listen to."""
    return f"_INBOX_{_token(user)}"


def result_subject(task_id: str) -> str:
    """The subject of a task's result."""
    return f"{ROOT}.result.{_token(task_id)}"


def task_of(reply: str) -> str:
    """The id of the task whose result is stored on ``reply``."""
    return reply.rpartition(".")[2]


def is_reply_of(subject: str, task_id: str) -> bool:
    """True if a result of this task may be stored on ``subject``: on its own subject of RESULTS and on no other, so
    that no task message can make a node write elsewhere."""
    return is_token(task_id) and subject == result_subject(task_id)


def event_subject(task_id: str, status: Status) -> str:
    """The subject on which it is told that a task has reached a state."""
    return f"{ROOT}.event.{_token(task_id)}.{status.value.lower()}"


def preparing_subject(task_id: str) -> str:
    """The subject on which a node says that it looks at a task before it runs anything of it."""
    return f"{ROOT}.event.{_token(task_id)}.{_LOOKED_AT[0]}"


def prepared_subject(task_id: str) -> str:
    """The subject on which a node says that it is done with that, and alive: it runs the task now, or hands it back."""
    return f"{ROOT}.event.{_token(task_id)}.{_LOOKED_AT[1]}"


def is_of_state(subject: str) -> bool:
    """True for the subject of an event that tells of a state; false where a node only looks at the task."""
    return subject.rpartition(".")[2] not in _LOOKED_AT


def starts_among(counts: Mapping[str, int], task_id: str) -> int:
    """How often a task was begun, by how many events there are on each of its subjects: its runs, and the preparations
    that have no end."""
    unended = counts.get(preparing_subject(task_id), 0) - counts.get(prepared_subject(task_id), 0)
    return counts.get(event_subject(task_id, Status.RUNNING), 0) + max(0, unended)


def events_of(task_id: str) -> str:
    """The subjects of all events of a task."""
    return f"{ROOT}.event.{_token(task_id)}.*"


def dead_subject(reason: str, task_id: str) -> str:
    """The subject of a dead letter."""
    return f"{ROOT}.dead.{_token(reason)}.{_token(task_id)}"


def callback_subject(task_id: str, occasion: str) -> str:
    """The subject on which it is told how often the delivery of one result has failed. ``occasion`` is the callback's:
    empty for a task's first run."""
    return f"{ROOT}.callback.{_token(task_id)}.{_token(occasion or 'first')}"


def callbacks_of(task_id: str) -> str:
    """The subjects of the deliveries of all of a task's results."""
    return f"{ROOT}.callback.{_token(task_id)}.*"


def delivered_subject(task_id: str, occasion: str) -> str:
    """As ``callback_subject``, for a result that was taken at the first call."""
    return f"{ROOT}.delivered.{_token(task_id)}.{_token(occasion or 'first')}"


def delivered_of(task_id: str) -> str:
    """As ``callbacks_of``, for results that were taken at the first call."""
    return f"{ROOT}.delivered.{_token(task_id)}.*"


def progress_subject(task_id: str) -> str:
    """The subject on which a node says what happens to a task whose callback asked to be told of that."""
    return f"{ROOT}.progress.{_token(task_id)}"


def audit_subject(action: str) -> str:
    """The subject on which it is told that somebody called this method of the API."""
    return f"{ROOT}.audit.{_token(action)}"


def answer_key(language: str, client: str, digest: str) -> str:
    """The key of one answer in its bucket. Raises ValueError for a language that is no token."""
    return f"{_token(language)}.{client_token(client)}.{_token(digest)}"


def answer_subject(key: str) -> str:
    """The subject under which the bucket keeps a key."""
    return f"{_ANSWERS}.{key}"


def answers_of(language: str = "", client: str | None = None) -> str:
    """The subjects of all answers of a language (empty: any) and of a client (None: any). Raises ValueError."""
    return f"{_ANSWERS}.{_token(language) if language else '*'}.{'*' if client is None else client_token(client)}.*"


def client_token(client: str) -> str:
    """What stands for a client in a subject: clients' names are any text."""
    return hashlib.sha256(client.encode()).hexdigest()[:16]


def output_subject(task_id: str) -> str:
    """The subject of a task's live output."""
    return f"{ROOT}.output.{_token(task_id)}"


def cancel_subject(task_id: str) -> str:
    """The subject of the order to cancel a task. Every node hears it, so it names the task only to who has it."""
    return f"{ROOT}.control.cancel.{task_digest(task_id)}"


def task_digest(task_id: str) -> str:
    """What stands for a task's id where nodes of other pools listen: who knows the id of a task may end it, and store
    its result."""
    return hashlib.sha256(_token(task_id).encode()).hexdigest()[:32]


ASK_RESULT_WILDCARD = f"{ROOT}.ask.result.*"
ASK_STARTS_WILDCARD = f"{ROOT}.ask.starts.*"


def ask_result_subject(task_id: str) -> str:
    """The subject on which a node asks the gateways for a task's stored result."""
    return f"{ROOT}.ask.result.{_token(task_id)}"


def ask_starts_subject(task_id: str) -> str:
    """The subject on which a node asks the gateways how often a task was begun."""
    return f"{ROOT}.ask.starts.{_token(task_id)}"


CANCEL_WILDCARD = f"{ROOT}.control.cancel.*"


def node_subject(node_id: str) -> str:
    """The subject of the orders to one node."""
    return f"{ROOT}.control.node.{_token(node_id)}"


ROLL_CALL = f"{ROOT}.control.node.@all"
"""Every node answers with its record. No node can have that name."""


def node_key(node_id: str) -> str:
    """The key of a node's record in etcd."""
    return f"{NODES_PREFIX}{_token(node_id)}"
