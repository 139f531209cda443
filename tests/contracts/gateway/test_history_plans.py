"""How PostgreSQL reads a page of a list."""

from __future__ import annotations

from bench.history import fill, plan
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history.engine import database_url, open_engine
from broker_gateway.infrastructure.history.migration import migrate
from tests.contracts.gateway.histories import LIMITS, empty
from tests.servers import PostgresServer

TASKS = 20_000


async def test_a_page_in_the_middle_is_read_from_an_index_of_its_own(shared_postgres: PostgresServer) -> None:
    """One client's tasks were looked for among everybody's: the planner took what follows a cursor for nothing."""
    url = shared_postgres.url()
    await migrate(url)
    await empty(url)
    engine = open_engine(database_url(url), LIMITS)
    await fill(engine, TASKS)
    for wanted, index in ((TaskFilter(), "ix_tasks_place"), (TaskFilter(client="client7"), "ix_tasks_client_place")):
        found = await plan(engine, wanted, TASKS)
        assert f" {index}" in found
        assert "Index Cond" in found
        assert "Rows Removed by Filter" not in found
    await engine.dispose()
