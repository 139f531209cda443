"""The histories under contract: in memory, in SQLite, in PostgreSQL, in MariaDB; and what is put into them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from broker_gateway.application.history_ports import Cursor, HistoryStore, PastTask, Submitted, TaskRecord
from broker_gateway.application.ports import Place, TaskFilter
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.migration import downgrade, migrate
from broker_gateway.infrastructure.history.schema import METADATA
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from schemas.status import Status
from tests.builders import an_execution
from tests.servers import PostgresServer

LIMITS = DatabaseLimits(connect_s=3.0, statement_s=5.0)


@dataclass(frozen=True, slots=True)
class Histories:
    """Two stores of one history, as two gateways have them."""

    one: HistoryStore
    other: HistoryStore


@asynccontextmanager
async def in_sql(url: str) -> AsyncIterator[Histories]:
    """An empty history in that database."""
    await migrate(url)
    await empty(url)
    one, other = SqlHistoryStore(url, LIMITS), SqlHistoryStore(url, LIMITS)
    try:
        yield Histories(one, other)
    finally:
        await one.close()
        await other.close()


async def empty(url: str) -> None:
    engine = open_engine(database_url(url), LIMITS)
    async with engine.begin() as connection:
        for table in METADATA.tables.values():
            await connection.execute(delete(table))
    await engine.dispose()


async def recreated(server: PostgresServer) -> str:
    """The URL of its database, in which nothing of ours is left."""
    await migrate(server.url())
    await downgrade(server.url(), "base")
    return server.url()


def submitted(position: int = 1, client: str = "blog", era: int = 1) -> Submitted:
    return Submitted(place=Place(era, position), client=client, pool="default", priority="NORMAL")


def queued(task_id: str, position: int = 1, *, client: str = "blog", era: int = 1, **changes: Any) -> TaskRecord:
    """What the first event of a task tells."""
    usual: dict[str, Any] = {"run": None, "finished_at_ms": None, "node_id": "", "attempt": 0, "queued_ms": 0.0}
    execution = an_execution(task_id, Status.QUEUED, **{**usual, **changes})
    return TaskRecord(rank=0, execution=execution, client=client, submitted=submitted(position, client, era))


def running(
    task_id: str, attempt: int = 1, *, client: str = "blog", place: Place | None = None, **changes: Any
) -> TaskRecord:
    usual: dict[str, Any] = {"run": None, "finished_at_ms": None, "attempt": attempt, "node_id": f"n{attempt}"}
    execution = an_execution(task_id, Status.RUNNING, **{**usual, **changes})
    return TaskRecord(rank=10 + attempt, execution=execution, client=client, place=place or Place())


def ended(task_id: str, status: Status = Status.SUCCEEDED, *, client: str = "blog", **changes: Any) -> TaskRecord:
    """What a stored result tells."""
    return TaskRecord(rank=1000, execution=an_execution(task_id, status, **changes), client=client)


def past(task_id: str, position: int, *, status: Status = Status.SUCCEEDED, **changes: Any) -> list[TaskRecord]:
    """All that is told of one task that ended."""
    client = changes.pop("client", "blog")
    return [queued(task_id, position, client=client), ended(task_id, status, client=client, **changes)]


async def ids(store: HistoryStore, wanted: TaskFilter | None = None, size: int = 1000) -> list[str]:
    """What a list shows first."""
    return [task.execution.id for task in await store.page(wanted or TaskFilter(), None, size)]


def cursor_after(page: list[PastTask]) -> Cursor:
    return Cursor(page[-1].place, page[-1].execution.id)
