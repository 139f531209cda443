"""The record that a node leaves in etcd, and the orders that it takes."""

from __future__ import annotations

import msgspec

from schemas.status import NodeState
from schemas.talk import TalkOrder


class LanguageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One language of a node's record."""

    name: str
    version: str
    aliases: list[str]
    extensions: list[str]
    compiled: bool
    baseline_memory_bytes: int = 0
    """What its interpreter takes for itself, which no task is charged for; 0 where there is none, or nobody knows."""
    title: str = ""
    """What readers call it, such as ``C++``; empty: as its name."""
    sample: str = ""
    """A short program to begin with; empty: none is told."""
    editor_mode: str = ""
    """What editors and highlighters call it; empty: not told."""
    digest: str = ""
    """Hash of all that decides what a program does here, image and definition among it; empty: not told."""
    packages: str = ""
    """The kind of packages that tasks in it may name (``schemas.packages``); empty: none, or there is no index."""
    test_frameworks: list[str] = []
    """Those that its programs can be run as tests of; a node of an older version knows of none."""


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A node's entry in etcd: who it is, what it runs, its load. Times are Unix milliseconds."""

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
    takes_bytes: bool = False
    """It knows files and inputs that are no text; a node of 0.2.0 would run the program without them."""
    talks: bool = False
    """Its programs can be talked to while they run; a node of 0.2.0 would run them without."""
    takes_blobs: bool = False
    """It fetches files and inputs that are blobs; an older one would run the program without them."""
    takes_packages: bool = False
    """It knows that tasks name packages, if only to hand them on; an older one would run the program without them."""


DRAIN = "drain"
"""Order: take nothing new, finish what runs, then end."""
RESUME = "resume"
"""Order: take tasks again; it calls off a drain that is not finished."""


TALK = "talk"
"""Order: pass on to a task's program what was said to it."""


class NodeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to one node, on ``control.node.<id>``."""

    order: str
    """``DRAIN``, ``RESUME`` or ``TALK``."""
    talk: TalkOrder | None = None


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order to cancel a task, on ``control.cancel.<task_id>``; the node that runs it answers with
    ``CancelReply``."""

    id: str
    """The task's id, or ``names.task_digest`` of it."""
    reason: str


class CancelReply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the node that has the task in its hands, and kills it."""

    id: str
    node_id: str
