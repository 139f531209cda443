"""The months of a history: tasks whose ids begin with a time are found, listed and forgotten as all others are, also
where the database divides by month."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import text

from broker_gateway.application.history_ports import HistoryUnavailableError, Retention, TaskRecord
from broker_gateway.application.ports import TaskFilter
from broker_gateway.domain.task_id import TaskId
from broker_gateway.infrastructure.history import partitions
from broker_gateway.infrastructure.history.engine import database_url, open_engine
from broker_gateway.infrastructure.history.months import Month
from schemas.status import Status
from tests.contracts.gateway.histories import LIMITS, Histories, ids, in_sql, past, queued, recreated
from tests.servers import PostgresServer

DAY_S = 86_400.0
NOW_MS = round(datetime(2031, 6, 15, 12, tzinfo=UTC).timestamp() * 1000)
FOREVER = Retention()


def at(year: int, month: int, day: int = 10) -> int:
    return round(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


def id_of(at_ms: int, number: int = 0) -> str:
    return TaskId.fresh(at_ms, number.to_bytes(10, "big")).value


def ended_at(at_ms: int, number: int = 1, *, status: Status = Status.SUCCEEDED, end_ms: int = 0) -> list[TaskRecord]:
    """A task of that moment."""
    end_ms = end_ms or at_ms + 50
    return past(id_of(at_ms, number), number, status=status, submitted_at_ms=at_ms, finished_at_ms=end_ms)


@pytest_asyncio.fixture
async def divided(shared_postgres: PostgresServer) -> AsyncIterator[Histories]:
    """Two stores of one history whose months are as they are at first."""
    url = await recreated(shared_postgres)
    async with in_sql(url) as histories:
        yield histories


async def test_a_time_range_shows_what_was_submitted_in_it_and_leaves_out_no_keyed_task(histories: Histories) -> None:
    history = histories.one
    await history.renew_months(FOREVER, NOW_MS)
    moments = [at(2031, 5), at(2031, 6, 1), at(2031, 6), at(2031, 7), at(2033, 1), at(1999, 1)]
    for number, moment in enumerate(moments, 1):
        await history.record(ended_at(moment, number))
    keyed = TaskId.of_key("blog", "k", bytes(16)).value
    await history.record(past(keyed, 9, submitted_at_ms=at(2031, 6, 2)))
    named = {id_of(moment, number): number for number, moment in enumerate(moments, 1)} | {keyed: 9}
    for since, until, expected in [
        (at(2031, 6, 1), at(2031, 7, 1), {2, 3, 9}),
        (at(2031, 7, 1), None, {4, 5}),
        (None, at(2031, 6, 1), {1, 6}),
        (at(2031, 6, 1) + 1, at(2031, 6, 3), {9}),
        (-(1 << 80), 1 << 80, {1, 2, 3, 4, 5, 6, 9}),
        (1 << 80, None, set()),
    ]:
        wanted = TaskFilter(since_ms=since, until_ms=until)
        assert {named[task_id] for task_id in await ids(history, wanted)} == expected
        assert await history.count(wanted) == len(expected)
    assert all([await history.find(task_id) for task_id in named])


async def test_with_its_months_a_history_forgets_what_it_would_forget_without(histories: Histories) -> None:
    history = histories.one
    retention = Retention(age_s=30 * DAY_S, failures_age_s=300 * DAY_S)
    await history.renew_months(FOREVER, at(2030, 1))
    tasks = {
        "old": (at(2030, 1), Status.SUCCEEDED),
        "old failure": (at(2030, 2), Status.FAILED),
        "failure": (at(2031, 3), Status.FAILED),
        "success of the same month": (at(2031, 3, 11), Status.SUCCEEDED),
        "new": (at(2031, 6), Status.SUCCEEDED),
    }
    for number, (moment, status) in enumerate(tasks.values(), 1):
        await history.record(ended_at(moment, number, status=status))
    gone = await history.renew_months(retention, NOW_MS)
    while removed := await history.forget(retention, NOW_MS, 2):
        gone += removed
    assert gone == 3
    left = [id_of(moment, number) for number, (moment, _) in enumerate(tasks.values(), 1)]
    assert set(await ids(history)) == {left[2], left[4]}
    assert await history.count(TaskFilter(labels={"post": "7"})) == 2


async def test_a_month_goes_as_a_whole_once_nothing_in_it_is_to_be_kept(divided: Histories) -> None:
    history, retention = divided.one, Retention(age_s=90 * DAY_S, by_month=True)
    await history.renew_months(FOREVER, at(2031, 1))
    for number in range(1, 31):
        await history.record(ended_at(at(2031, 1, number), number))
    await history.record(ended_at(at(2031, 2), 40))
    soon = at(2031, 4, 20)
    assert await history.renew_months(retention, soon) == 0
    assert await history.forget(retention, soon, 100) == 0, "by month: they were removed one by one"
    later = at(2031, 5, 5)
    assert await history.renew_months(retention, later) == 30
    assert await history.forget(retention, later, 100) == 0
    assert await ids(history) == [id_of(at(2031, 2), 40)]
    assert await history.find(id_of(at(2031, 1, 3), 3)) is None
    await history.record(ended_at(at(2031, 1, 3), 3))
    assert await history.find(id_of(at(2031, 1, 3), 3)) is not None, "a late message of a month that has gone"


@pytest.mark.parametrize("kept", ["unended", "late"])
async def test_a_month_stays_while_one_of_its_tasks_is_to_be_kept(divided: Histories, kept: str) -> None:
    history, retention = divided.one, Retention(age_s=30 * DAY_S, by_month=True)
    await history.renew_months(FOREVER, at(2031, 1))
    await history.record(ended_at(at(2031, 1), 1))
    stays = queued(id_of(at(2031, 1), 2), 2)
    await history.record([stays] if kept == "unended" else ended_at(at(2031, 1), 2, end_ms=at(2031, 5, 20)))
    assert await history.renew_months(retention, NOW_MS) == 0
    assert await history.forget(retention, NOW_MS, 100) == 1, "more than two months late: one by one after all"
    assert await ids(history) == [id_of(at(2031, 1), 2)]


async def test_what_came_before_its_month_was_made_moves_there(
    divided: Histories, shared_postgres: PostgresServer
) -> None:
    history, late = divided.one, at(2031, 6)
    await history.renew_months(FOREVER, at(2030, 1))
    await history.record(ended_at(late, 1))
    assert await _rows(shared_postgres, "tasks_rest") == 1
    await history.renew_months(FOREVER, NOW_MS)
    for table, rows in {"tasks": 1, "task_outputs": 1, "task_labels": 1}.items():
        assert await _rows(shared_postgres, f"{table}_rest") == 0
        assert await _rows(shared_postgres, f"{table}_203106") == rows
    await history.record(ended_at(late, 1))
    found = await history.find(id_of(late, 1))
    assert found is not None
    assert found.execution.run is not None
    assert await ids(history) == [id_of(late, 1)]


async def test_gateways_renew_at_once_while_others_write(divided: Histories) -> None:
    async def write(offset: int) -> None:
        for number in range(offset, offset + 40):
            await divided.other.record(ended_at(at(2031, 6), number))

    async def renew(histories: Histories) -> None:
        for month in range(1, 13):
            try:
                await histories.one.renew_months(FOREVER, at(2031, month))
            except HistoryUnavailableError as error:  # tables that others use: it is tried again in a minute
                assert "lock timeout" in str(error) or "deadlock" in str(error)  # noqa: PT017

    await asyncio.gather(write(100), write(200), renew(divided), renew(Histories(divided.other, divided.one)))
    await divided.one.renew_months(FOREVER, at(2031, 6))
    assert len(await ids(divided.one)) == 80


async def test_a_table_that_somebody_holds_keeps_the_renewal_waiting_and_nobody_for_long(
    divided: Histories, shared_postgres: PostgresServer
) -> None:
    engine = open_engine(database_url(shared_postgres.url()), LIMITS)
    await divided.one.renew_months(FOREVER, at(2031, 1))
    await divided.one.record(ended_at(at(2031, 1), 1))
    async with engine.connect() as reader:
        await reader.execute(text("SELECT * FROM tasks"))
        with pytest.raises(HistoryUnavailableError, match="lock timeout"):
            await divided.one.renew_months(Retention(age_s=1.0), NOW_MS)
    assert await divided.one.renew_months(Retention(age_s=1.0), NOW_MS) == 1
    await engine.dispose()


async def test_an_id_is_looked_up_in_the_index_of_its_month_alone(
    divided: Histories, shared_postgres: PostgresServer
) -> None:
    await divided.one.renew_months(FOREVER, NOW_MS)
    engine = open_engine(database_url(shared_postgres.url()), LIMITS)
    async with engine.connect() as connection:
        plan = await connection.scalars(text(f"EXPLAIN SELECT * FROM tasks WHERE task_id = '{id_of(at(2031, 7))}'"))
        read = "\n".join(plan)
        months = await connection.run_sync(partitions.months)
    await engine.dispose()
    assert "tasks_203107" in read
    assert read.count("Scan") == 1
    assert Month(2031, 8) in months


async def _rows(server: PostgresServer, table: str) -> int:
    engine = open_engine(database_url(server.url()), LIMITS)
    async with engine.connect() as connection:
        count = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    await engine.dispose()
    return int(count or 0)
