"""The projector, on a source and a store that the test breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from broker_gateway.application.history_ports import (
    HistoryEntry,
    HistoryUnavailableError,
    TaskRecord,
)
from broker_gateway.application.ports import Place
from broker_gateway.application.projecting import Projector
from broker_gateway.application.task_records import record_of_event, without_output
from chassis.backoff import Backoff
from chassis.errors import BusUnavailableError
from schemas.execution import TaskEvent
from schemas.status import Status
from tests.builders import an_event

SOON = Backoff(base_s=0.001, max_s=0.001)


@dataclass
class Entry:
    record: TaskRecord
    settled: list[str]

    def done(self) -> None:
        self.settled.append(self.record.execution.id)


@dataclass
class BrokenStore:
    """Stores while it ``works``, but for the tasks that it ``refuses``."""

    works: bool = True
    refuses: set[str] = field(default_factory=set)
    refusal: Exception = field(default_factory=lambda: HistoryUnavailableError("such a value is not taken"))
    stored: list[str] = field(default_factory=list)
    asked: int = 0
    asked_again: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(self, records: Sequence[TaskRecord]) -> None:
        self.asked += 1
        if self.asked == 3:
            self.asked_again.set()
        await self.check()
        ids = [record.execution.id for record in records]
        if self.refuses & set(ids):
            raise self.refusal
        self.stored += ids

    async def check(self) -> None:
        if not self.works:
            raise HistoryUnavailableError("no answer")


class Source:
    """Gives its batches, one each time; a None among them is a bus that is away. Then it waits for ever."""

    def __init__(self, *batches: Sequence[str] | None) -> None:
        self.settled: list[str] = []
        self.empty = asyncio.Event()
        self._batches = list(batches)

    async def take(self, max_entries: int) -> Sequence[HistoryEntry]:
        if not self._batches:
            self.empty.set()
            await asyncio.Event().wait()
        batch = self._batches.pop(0)
        if batch is None:
            raise BusUnavailableError("away")
        return [Entry(record_of_event(queued(name), Place(1, 1)), self.settled) for name in batch]


def queued(task_id: str) -> TaskEvent:
    return an_event(task_id, Status.QUEUED)


async def project(source: Source, store: BrokenStore) -> Projector:
    """Until the source has no more."""
    projector = Projector(source, store, pause=SOON)
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(5):
        await source.empty.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return projector


async def test_what_is_stored_is_settled_then() -> None:
    source, store = Source(["a", "b"], None, ["c"]), BrokenStore()
    projector = await project(source, store)
    assert store.stored == source.settled == ["a", "b", "c"]
    assert (projector.stored, projector.trouble) == (3, "")


async def test_nothing_is_settled_while_the_database_is_away_and_all_of_it_once_it_is_back() -> None:
    source, store = Source(["a", "b"]), BrokenStore(works=False)
    projector = Projector(source, store, pause=SOON)
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(5):
        await store.asked_again.wait()
        assert (source.settled, projector.trouble) == ([], "no answer")
        store.works = True
        await source.empty.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert source.settled == store.stored == ["a", "b"]
    assert projector.trouble == ""


@pytest.mark.parametrize("refusal", [HistoryUnavailableError("too large a packet"), ValueError("out of range")])
async def test_what_a_database_that_works_refuses_keeps_nobody_else_waiting(refusal: Exception) -> None:
    source, store = Source(["a", "bad", "b"], ["bad"], ["c"]), BrokenStore(refuses={"bad"}, refusal=refusal)
    await project(source, store)
    assert store.stored == ["a", "b", "c"]
    assert source.settled == ["a", "bad", "b", "bad", "c"]


async def test_what_is_not_to_be_kept_is_left_out_before_it_is_stored() -> None:
    stored: list[TaskRecord] = []

    class Store(BrokenStore):
        async def record(self, records: Sequence[TaskRecord]) -> None:
            stored.extend(records)

    source = Source(["a"])
    projector = Projector(source, Store(), redact=without_output, pause=SOON)
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(5):
        await source.empty.wait()
    running.cancel()
    assert [record.execution.run for record in stored] == [None]
