"""What a history makes of the records of a task, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import permutations
from typing import Any

import msgspec
import pytest
from sqlalchemy import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert

from broker_gateway.application.history_ports import HistoryStore, PastTask, TaskRecord
from broker_gateway.application.ports import Place, TaskFilter
from schemas.status import Status
from tests.builders import a_stage, an_execution
from tests.contracts.gateway.histories import Histories, ended, ids, past, queued, running

RESULT = ended("t", Status.FAILED, client="a node's word", error="exit code 1", warnings=["shadowed"], attempt=2)


async def test_a_task_is_found_whole_and_listed_without_its_output(history: HistoryStore) -> None:
    await history.record([queued("t", 7, era=3), running("t"), RESULT])
    assert await history.find("t") == PastTask(Place(3, 7), "blog", RESULT.execution)
    listed = msgspec.structs.replace(RESULT.execution, run=None, warnings=[])
    assert await history.page(TaskFilter(), None, 10) == [PastTask(Place(3, 7), "blog", listed)]
    assert await history.find("another") is None


async def test_any_order_and_repetition_of_records_gives_the_same_rows(history: HistoryStore) -> None:
    told = [queued("t", 7), running("t"), running("t", 2), RESULT]
    shuffling = random.Random(7)
    seen = []
    for number, order in enumerate(permutations(told)):
        task_id = f"t{number}"
        records = [_of(task_id, record) for record in order]
        records.insert(shuffling.randrange(5), shuffling.choice(records))
        for part in _parts(records, shuffling):
            await history.record(part)
        found = await history.find(task_id)
        assert found is not None
        seen.append(msgspec.structs.replace(found.execution, id="t"))
        assert (found.place, found.client) == (Place(1, 7), "blog")
    assert seen == [RESULT.execution] * 24
    await history.record([_of("t0", record) for record in told])
    assert await history.count(TaskFilter()) == 24


async def test_the_first_submission_counts_whatever_comes_later(history: HistoryStore) -> None:
    first, again = queued("t", 7), queued("t", 9, client="another")
    for number, order in enumerate(([first, again], [again, first])):
        task_id = f"t{number}"
        for record in order:
            await history.record([_of(task_id, record)])
        await history.record([_of(task_id, record) for record in order])
        found = await history.find(task_id)
        assert found is not None
        assert (found.place, found.client) == (Place(1, 7), "blog")


async def test_without_its_submission_a_task_is_the_clients_of_its_newest_record(history: HistoryStore) -> None:
    await history.record([running("t", client="first")])
    await history.record([ended("t", client="second")])
    await history.record([running("t", 2, client="third")])
    found = await history.find("t")
    assert found is not None
    assert (found.place, found.client) == (Place(), "second")
    await history.record([queued("t", 4, client="blog")])
    found = await history.find("t")
    assert found is not None
    assert (found.place, found.client, found.execution.status) == (Place(1, 4), "blog", Status.SUCCEEDED)


async def test_a_task_whose_first_event_was_lost_has_the_place_of_the_lowest_of_the_others(
    history: HistoryStore,
) -> None:
    """It was listed last for good."""
    told = [
        running("t", 2, place=Place(2, 3)),
        running("t", place=Place(1, 9)),
        running("t", 3, place=Place(1, 12)),
        RESULT,
    ]
    for number, order in enumerate(permutations(told)):
        for part in ([record] for record in order):
            await history.record([_of(f"apart{number}", record) for record in part])
        await history.record([_of(f"together{number}", record) for record in order])
    tasks = await history.page(TaskFilter(), None, 100)
    assert [task.place for task in tasks] == [Place(1, 9)] * 48
    first = queued("t", 7, client="its own")
    await history.record([_of("apart0", first)])
    await history.record([_of("together0", record) for record in (told[0], first)])
    for task_id in ("apart0", "together0"):
        await history.record([_of(task_id, record) for record in told])
        found = await history.find(task_id)
        assert found is not None
        assert (found.place, found.client) == (Place(1, 7), "its own")
    assert (await ids(history))[-1] == "apart0"


async def test_an_end_without_output_leaves_none_of_what_was_known_before(history: HistoryStore) -> None:
    await history.record([ended("t")])
    cancelled = an_execution("t", Status.CANCELLED, run=None)
    await history.record([TaskRecord(rank=2000, execution=cancelled, client="blog")])
    await history.record([ended("t")])
    found = await history.find("t")
    assert found is not None
    assert found.execution == cancelled


async def test_two_writers_of_the_same_tasks_come_to_one_end(histories: Histories) -> None:
    told = [record for number in range(60) for record in past(f"t{number}", number + 1)]
    shuffling = random.Random(3)

    async def replay(store: HistoryStore, seed: int) -> None:
        records = random.Random(seed).sample(told, len(told))
        for part in _parts(records, shuffling, most=40):
            await store.record(part)

    await asyncio.gather(*(replay(store, seed) for seed, store in enumerate([histories.one, histories.other] * 3)))
    assert await ids(histories.one) == [f"t{number}" for number in reversed(range(60))]
    assert await histories.other.count(TaskFilter(statuses=frozenset({Status.SUCCEEDED}), client="blog")) == 60


async def test_nothing_to_store_is_no_call(history: HistoryStore) -> None:
    await history.record([])
    assert await history.count(TaskFilter()) == 0


async def test_what_a_stranger_sends_comes_back_as_it_was(history: HistoryStore) -> None:
    text = "NUL \0, \U0001f600, 'quote', \"double\", \\, %s :name ${x} \r\n\u2028\x7f"
    result = ended("t", Status.FAILED, error=text, labels={text[:60]: text}, run=a_stage(text))
    await history.record([queued("t", 1), result])
    found = await history.find("t")
    assert found is not None
    assert found.execution == result.execution
    assert await ids(history, TaskFilter(labels={text[:60]: text})) == ["t"]
    assert await ids(history, TaskFilter(labels={text[:60]: text.replace("\0", " ")})) == []


async def test_an_output_of_four_mebibytes_and_an_error_as_long_come_back(history: HistoryStore) -> None:
    result = ended("t", Status.FAILED, error='"' * (1 << 20), run=a_stage('"\\' * (1 << 20)))
    await history.record([result])
    found = await history.find("t")
    assert found is not None
    assert found.execution == result.execution


async def test_numbers_and_letters_that_no_column_takes_do_not_stop_the_others(history: HistoryStore) -> None:
    odd = ended("odd", error="half \ud800", attempt=1 << 40, submitted_at_ms=1 << 70, language="\udfff" * 400)
    await history.record([queued("t", 2), odd, queued("odd", 1 << 80)])
    assert set(await ids(history)) == {"t", "odd"}
    assert await history.find("odd") is not None


def _of(task_id: str, record: TaskRecord) -> TaskRecord:
    execution = msgspec.structs.replace(record.execution, id=task_id)
    return replace(record, execution=execution)


def _parts(records: list[TaskRecord], shuffling: random.Random, most: int = 3) -> list[list[TaskRecord]]:
    parts = []
    while records:
        size = shuffling.randint(1, most)
        parts.append(records[:size])
        records = records[size:]
    return parts


async def test_a_statement_is_made_once_and_not_for_each_batch(
    history: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await history.record([queued("t", 7), running("t"), RESULT])
    made: list[object] = []
    make = SQLCompiler.__init__

    def counted(self: SQLCompiler, dialect: Dialect, statement: object, *others: Any, **more: Any) -> None:
        if isinstance(statement, Insert):
            made.append(statement)
        make(self, dialect, statement, *others, **more)  # type: ignore[arg-type]  # of any statement

    monkeypatch.setattr(SQLCompiler, "__init__", counted)
    await history.record([queued("u", 8), running("u"), ended("u", Status.SUCCEEDED)])
    assert made == []
    assert await history.find("u") is not None
