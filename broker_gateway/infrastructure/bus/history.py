"""The history of tasks, read from the stream EVENTS: nothing of it is kept in the gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.ports import Page, Place, TaskFilter
from broker_gateway.infrastructure.bus import states, streams
from broker_gateway.infrastructure.bus.streams import Bounds
from broker_gateway.infrastructure.bus.unread import read_or_none
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.execution import Execution, TaskEvent
from schemas.reader import Reader
from schemas.status import Status
from schemas.task import TaskMessage

WINDOW = 768
"""Stored events that are looked through at a time, backwards: about 256 tasks."""
MAX_WINDOWS = 2
"""For one call. A filter that matches little gets a short page and a token to go on with."""
PAGE_BYTES = 2 * 1024 * 1024
"""Of the labels of a page: a stock gRPC client takes a message of 4 MiB. What is beyond comes with the next page."""
_BATCH = 256
_EVENTS_OF_ONE_TASK = 16
"""One per state, and two of who looks at it; more than there are."""
_AT_ONCE = 64
"""Tasks whose states are asked for in one request; the server takes at most 1024 subjects."""

Found = list[tuple[int, TaskEvent]]
"""QUEUED events, each with its sequence."""


_encoder = msgspec.json.Encoder()
_decoder = Reader(TaskEvent)


class _PageOf:
    """A page that fills, up to ``size`` tasks or PAGE_BYTES."""

    def __init__(self, size: int) -> None:
        self.executions: list[Execution] = []
        self._size = size
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return len(self.executions) >= self._size or self._bytes >= PAGE_BYTES

    def add(self, execution: Execution) -> None:
        self.executions.append(execution)
        self._bytes += sum(len(name.encode()) + len(value.encode()) for name, value in execution.labels.items())


class BusHistory:
    """Implements ``History``. A page token is the sequence below which the next page starts."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def latest(self, task_id: str) -> Execution | None:
        return (await self._states([task_id])).get(task_id)

    async def owner(self, task_id: str) -> str | None:
        """By the event of the gateway that took the task, where it is kept: the later ones are a node's word."""
        events = (await self._events([task_id])).get(task_id, [])
        return min(events, key=_lateness).client if events else None

    async def page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        first, below, era = await streams.bounds_of_page(self._bus, names.STREAM_EVENTS, token)
        filling = _PageOf(size)
        for _ in range(MAX_WINDOWS):
            if below <= first or filling.is_full:
                break
            start = max(first, below - WINDOW)
            found = await self._queued(start, below)
            below = await self._fill(filling, found, wanted, start)
        end = Place(era, below) if below <= first else None
        return Page(filling.executions, streams.token_for(Bounds(first, below)), end)

    def record(self, execution: Execution, task: TaskMessage) -> None:
        event = TaskEvent.of(execution, task, wall_clock_ms())
        subject = names.event_subject(execution.id, execution.status)
        self._bus.post(subject, _encoder.encode(event))

    async def _queued(self, start: int, below: int) -> Found:
        """The QUEUED events of a window, newest first."""
        found: Found = []
        while start < below:
            body = {"next_by_subj": names.QUEUED_EVENTS, "seq": start, "batch": _BATCH}
            batch = await streams.read_batch(self._bus, names.STREAM_EVENTS, body)
            for message in batch:
                if (event := read_or_none(_decoder.decode, message)) is not None:
                    found.append((streams.sequence_of(message), event))
            if len(batch) < _BATCH:
                break
            start = streams.sequence_of(batch[-1]) + 1
        return [(sequence, event) for sequence, event in reversed(found) if sequence < below]

    async def _fill(self, filling: _PageOf, found: Found, wanted: TaskFilter, start: int) -> int:
        """Adds what matches until the page is full. Returns the sequence below which everything is still to be looked
        at."""
        candidates = [(sequence, event) for sequence, event in found if _may_match(event, wanted)]
        for offset in range(0, len(candidates), _AT_ONCE):
            part = candidates[offset : offset + _AT_ONCE]
            newest = await self._states([event.id for _, event in part])
            for sequence, event in part:
                execution = newest.get(event.id) or Execution.told_by(event)
                if _matches(execution, wanted):
                    filling.add(execution)
                if filling.is_full:
                    return sequence
        return start

    async def _states(self, task_ids: Sequence[str]) -> dict[str, Execution]:
        events = await self._events(task_ids)
        known = {task_id: states.execution_after(of_one) for task_id, of_one in events.items()}
        return {task_id: execution for task_id, execution in known.items() if execution is not None}

    async def _events(self, task_ids: Sequence[str]) -> dict[str, list[TaskEvent]]:
        """The last event of each state, by task."""
        body = {
            "multi_last": [names.events_of(task_id) for task_id in task_ids],
            "batch": len(task_ids) * _EVENTS_OF_ONE_TASK,
        }
        events: dict[str, list[TaskEvent]] = defaultdict(list)
        for message in await streams.read_batch(self._bus, names.STREAM_EVENTS, body):
            event = read_or_none(_decoder.decode, message) if names.is_of_state(streams.subject_of(message)) else None
            if event is not None:
                events[event.id].append(event)
        return events


def _lateness(event: TaskEvent) -> bool:
    return event.status is not Status.QUEUED


def _may_match(queued: TaskEvent, wanted: TaskFilter) -> bool:
    """What the first event of a task already rules out."""
    if wanted.client is not None and queued.client != wanted.client:
        return False
    if wanted.language and queued.language != wanted.language:
        return False
    if wanted.since_ms is not None and queued.submitted_at_ms < wanted.since_ms:
        return False
    if wanted.until_ms is not None and queued.submitted_at_ms >= wanted.until_ms:
        return False
    return wanted.labels.items() <= queued.labels.items()


def _matches(execution: Execution, wanted: TaskFilter) -> bool:
    if wanted.statuses and execution.status not in wanted.statuses:
        return False
    return not wanted.node_id or execution.node_id == wanted.node_id
