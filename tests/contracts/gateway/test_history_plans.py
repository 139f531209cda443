"""How PostgreSQL reads a page of a list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.history import fill, plan
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history.engine import database_url, open_engine
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.months import Month
from broker_gateway.infrastructure.history.partitions import DAY_MS
from tests.contracts.gateway.histories import LIMITS, recreated
from tests.servers import PostgresServer

TASKS = 20_000
A_SMALL_PARTITION = 500


@pytest_asyncio.fixture
async def filled(shared_postgres: PostgresServer) -> AsyncIterator[AsyncEngine]:
    """Tasks of one year, in months."""
    url = await recreated(shared_postgres)
    await migrate(url)
    engine = open_engine(database_url(url), LIMITS)
    await fill(engine, TASKS)
    yield engine
    await engine.dispose()


async def test_a_page_in_the_middle_is_read_from_an_index_of_its_own(filled: AsyncEngine) -> None:
    """One client's tasks were looked for among everybody's: the planner took what follows a cursor for nothing."""
    indexes = {
        "_client_era_position_task_id_idx": TaskFilter(client="client7"),
        "_era_position_task_id_idx": TaskFilter(),
    }
    for index, wanted in indexes.items():
        found = await plan(filled, wanted, TASKS)
        assert len(re.findall(rf"tasks_\d{{6}}{index}", found)) > 6
        assert "Index Cond" in found
        removed = [int(rows) for rows in re.findall(r"Rows Removed by Filter: (\d+)", found)]
        assert sum(removed) < A_SMALL_PARTITION


async def test_a_list_of_a_time_range_reads_the_partitions_of_its_months_alone(filled: AsyncEngine) -> None:
    now_ms = wall_clock_ms()
    start = Month.of(now_ms).after(-3)
    middle_ms = start.start_ms + 14 * DAY_MS
    for since, until, expected in [
        (middle_ms, middle_ms + DAY_MS, {start.name}),
        (start.after(1).start_ms, start.after(1).start_ms + DAY_MS, {start.name, start.after(1).name}),
        (Month.of(now_ms).after(2).start_ms + 2 * DAY_MS, None, {Month.of(now_ms).after(2).name}),
    ]:
        found = await plan(filled, TaskFilter(since_ms=since, until_ms=until), TASKS)
        read = set(re.findall(r"on tasks_(\w+) ", found))
        assert read - {"rest"} == expected | {"keyed"}, found
