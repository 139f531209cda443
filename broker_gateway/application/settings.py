"""The settings of the use cases; the wiring fills them from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from broker_gateway.domain.callback_attempts import AttemptPolicy


@dataclass(frozen=True, slots=True)
class SubmissionSettings:
    """The settings of submission: how full a queue may be, and how large a batch."""

    queue_limit: int = 1000
    """How many tasks may wait per pool and priority."""
    queue_full_retry_ms: int = 1000
    """What a refused caller is told to wait."""
    batch_limit: int = 1000
    batch_concurrency: int = 64
    keeps_source: bool = False
    """The history keeps what was submitted."""


@dataclass(frozen=True, slots=True)
class WaitSettings:
    """The settings of waiting for a task."""

    lookup_every_s: float = 3.0
    """A waiting caller that has heard nothing for so long looks the stored result up, in case its live message was
    lost; then after twice as long, and so on."""
    lookups_apart: int = 10
    """At most so many times ``lookup_every_s`` lie between two look-ups; one where messages may have been lost."""
    lookups_failed: int = 4
    """In a row, because the bus was away: then a waiting caller is told so. Its task goes on."""


@dataclass(frozen=True, slots=True)
class CancelSettings:
    """The settings of cancelling: how long nodes are waited for."""

    queued_probe_s: float = 0.05
    """How long nodes are asked whether they have just started a task that was last seen queued."""
    node_answer_s: float = 1.0
    """How long a node may take to say that it kills the task."""
    result_wait_s: float = 5.0
    """How long the killed task's result may take after that."""


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """The settings of operations: how long nodes and queues are waited for when an operator asks for something."""

    node_answer_s: float = 2.0
    """How long a node may take to say that it drains."""
    leaving_s: float = 8.0
    """A buried task's message leaves its queue within its ack wait, at worst."""
    look_every_s: float = 0.1
    """How often it is looked for meanwhile."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The settings of the relay: how many callbacks are delivered at a time, and how failed ones are tried again."""

    at_once: int = 128
    """How many deliveries may be in flight; a client alone has at most half of them."""
    per_endpoint: int = 8
    """How many of one client's to one host and port, so that a slow one leaves room for the rest."""
    held: int = 1024
    """How many results this gateway may hold, in flight or waiting."""
    held_per_endpoint: int = 128
    attempts: AttemptPolicy = field(default_factory=AttemptPolicy)
    postpone_s: float = 5.0
    """When a result beyond what its client, or its endpoint, may hold comes back."""
    base_s: float = 5.0
    """The pause after the first failed attempt; they grow to ``max_s`` before the last one."""
    max_s: float = 6 * 3600.0
    keep_alive_s: float = 2.0
    """Must be well within the ack wait of the relay's consumer."""


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """The settings of tasks that wait for another's outcome."""

    look_every_s: float = 3.0
    """So often the outcome is looked up, in case its live message was lost; of a thousand kinds that is a thousand
    look-ups."""
    orphaned_s: float = 3.0
    """The task that is followed has been nowhere for so long: another one takes its place."""
    others_s: float = 0.5
    """What another gateway accepted is left to that one for so long: one of them is enough."""
    at_once: int = 64
    """Followers that are ended at a time."""


@dataclass(frozen=True, slots=True)
class ProgressSettings:
    """The settings of telling callbacks what happens before the end: at best, and never at a result's cost."""

    at_once: int = 32
    """How many calls may be in flight; a client alone has at most half of them, and one to one endpoint."""
    held: int = 512
    """How many this gateway may hold, in flight or waiting; a client alone half of them."""
    held_per_endpoint: int = 32
    """More are dropped."""
    burst: int = 10
    """Calls to one endpoint after a pause."""
    per_s: float = 5.0
    """Calls a second to one endpoint from then on: a client must not make many calls to a stranger out of one."""
    client_burst: int = 200
    client_per_s: float = 100.0
    """Of one client so many are looked at; for each the bus is asked whether its task has ended."""
    tries: int = 3
    retry_s: float = 0.5
    """The pause after the first failed try; doubles."""
    rest_s: float = 15.0
    """An endpoint that did not take one is told nothing for so long."""
    timeout_s: float = 3.0
    too_old_s: float = 60.0
    """After so long in this gateway it is news no more."""
    keep_alive_s: float = 2.0


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """The settings of the sweep through the queues."""

    every_s: float = 1.0
    max_parts: int = 16
    """Parts read by one sweep, each at most a megabyte or one task: what more there is waits for the next one."""
    min_forgotten: int = 2_000
    """Noted tasks that may have left their queues, before all notes are made anew."""


@dataclass(frozen=True, slots=True)
class ExpirySettings:
    """The settings of the queue deadline."""

    at_once: int = 32
    """Tasks that are ended at a time."""
    retry_ms: int = 1_000
    """After the bus did not answer."""
    running_ms: int = 5_000
    """A task that runs at its deadline is looked at again after this: its node may be lost, and nobody takes it."""
    lost_ms: int = 15_000
    """A node that is not listed for this long runs nothing any more."""
    node_answer_s: float = 0.05
    """How long a node may take to say that it has let go of the task."""


@dataclass(frozen=True, slots=True)
class PlacingSettings:
    """The settings of placing waiting tasks again."""

    untaken_ms: int = 10_000
    """A task is moved where nobody has taken such tasks for so long: a node that is started again is back by then."""
    look_every_ms: int = 2_000
    """How often it is looked at who takes from which queue."""
    at_once: int = 32
    """Tasks of one kind that are moved by one sweep."""
    queue_limit: int = 1000
    """As ``SubmissionSettings.queue_limit``."""
