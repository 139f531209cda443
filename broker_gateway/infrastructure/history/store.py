"""The history in a database (docs/adr/0021-history-in-sql.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from broker_gateway.application.history_ports import Cursor, PastTask, Retention, TaskRecord
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history import dialects, partitions, retention
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.failures import answering
from broker_gateway.infrastructure.history.filters import conditions, page_query
from broker_gateway.infrastructure.history.migration import check_version
from broker_gateway.infrastructure.history.readers import Readers
from broker_gateway.infrastructure.history.rows import Batch, Row, batch_of, past_task, source_of
from broker_gateway.infrastructure.history.schema import ID_CHARS, task_outputs, task_sources, tasks
from broker_gateway.infrastructure.history.texts import name
from chassis.backoff import Backoff
from schemas.kept_source import KeptSource

_CONFLICT_BACKOFF = Backoff(base_s=0.01, max_s=0.2)
_CONFLICT_TRIES = 8


class SqlHistoryStore:
    """Implements ``HistoryStore``. Connects when it is first asked; a database that was away is found again by the
    next call."""

    def __init__(
        self, url: str, limits: DatabaseLimits | None = None, *, whose: Callable[[], str] = lambda: ""
    ) -> None:
        """``url`` as SQLAlchemy writes it, the driver may be left out. ``whose``: the client that reads just now.
        Raises ValueError, without the password."""
        self._limits = limits or DatabaseLimits()
        self._engine = open_engine(database_url(url), self._limits.of_writers)
        self._looking = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._of_readers = open_engine(database_url(url), self._limits)
        autocommit = self._of_readers.execution_options(isolation_level="AUTOCOMMIT")
        self._readers = Readers(autocommit, self._limits, whose)
        self._dialect = self._engine.dialect.name
        upserts = (
            dialects.upsert_tasks(self._dialect),
            dialects.upsert_outputs(self._dialect),
            dialects.insert_labels(self._dialect),
            dialects.insert_sources(self._dialect),
        )
        self._upserts = tuple(_Put(upsert, self._engine.dialect) for upsert in upserts)

    async def close(self) -> None:
        """Closes the connections."""
        await self._engine.dispose()
        await self._of_readers.dispose()

    async def record(self, records: Sequence[TaskRecord]) -> None:
        batch = batch_of(records)
        async with answering(self._limits.call_s):
            async for attempt in _CONFLICT_BACKOFF.retrying(on=dialects.is_conflict, tries=_CONFLICT_TRIES):
                with attempt:
                    await self._write(batch)

    async def find(self, task_id: str) -> PastTask | None:
        whole = and_(task_outputs.c.task_id == tasks.c.task_id, task_outputs.c.state_rank == tasks.c.state_rank)
        query = select(tasks, task_outputs.c.execution).outerjoin(task_outputs, whole)
        found = await self._rows(query.where(tasks.c.task_id == name(task_id, ID_CHARS)))
        return past_task(found[0]) if found else None

    async def source(self, task_id: str) -> KeptSource | None:
        query = select(task_sources.c.source).where(task_sources.c.task_id == name(task_id, ID_CHARS))
        found = await self._rows(query)
        return source_of(found[0]) if found else None

    async def page(self, wanted: TaskFilter, before: Cursor | None, size: int) -> list[PastTask]:
        query = page_query(self._dialect, wanted, before, size)
        return [past_task(row) for row in await self._rows(query)]

    async def count(self, wanted: TaskFilter) -> int:
        query = select(func.count().label("count")).select_from(tasks).where(*conditions(self._dialect, wanted))
        return int((await self._rows(query))[0]["count"])

    async def forget(self, retention: Retention, now_ms: int, most: int) -> int:
        removed = 0
        while removed < most:
            now = await self._forget_some(retention, now_ms, most - removed)
            if not now:
                break
            removed += now
        return removed

    async def renew_months(self, retention: Retention, now_ms: int) -> int:
        removed = 0
        while self._dialect == "postgresql":
            async with answering(self._limits.call_s), self._engine.begin() as connection:
                gone = await connection.run_sync(partitions.renew, retention, now_ms)
            if gone is None:
                break
            removed += gone
        return removed

    async def check(self) -> None:
        async with answering(self._limits.call_s), self._engine.connect() as connection:
            await connection.run_sync(check_version)

    async def _write(self, batch: Batch) -> None:
        async with self._engine.begin() as connection:
            parts = (batch.tasks, batch.outputs, batch.labels, batch.sources)
            for put, rows in zip(self._upserts, parts, strict=True):
                await put.rows(connection, rows)

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async with self._readers.connection() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def _forget_some(self, rules: Retention, now_ms: int, most: int) -> int:
        async with answering(self._limits.call_s):
            async with self._looking.connect() as connection:
                by_month = rules.by_month and self._dialect == "postgresql"
                most = min(most, retention.AT_ONCE)
                ids = await retention.superfluous(connection, rules, now_ms, most, by_month=by_month)
            if not ids:
                return 0
            async for attempt in _CONFLICT_BACKOFF.retrying(on=dialects.is_conflict, tries=_CONFLICT_TRIES):
                with attempt:
                    async with self._engine.begin() as connection:
                        return await retention.remove(connection, ids)
        return 0


class _Put:
    """One upsert, made into SQL once: SQLAlchemy keeps none that says what to do on a conflict, and would make it anew
    for each batch."""

    def __init__(self, statement: Insert, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect
        self._compiled: Any = None

    async def rows(self, connection: AsyncConnection, rows: list[Row]) -> None:
        """Puts them in; all rows of a table have the same columns."""
        if not rows:
            return
        if self._compiled is None:
            self._compiled = self._statement.compile(
                dialect=self._dialect, column_keys=list(rows[0]), for_executemany=True
            )
        await connection.execute(self._compiled, rows)
