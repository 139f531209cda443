"""The partitions of the tables on PostgreSQL: one for each month of submission, which the task's id begins with; one
for what tells no time (the ids of idempotency keys); and one for the rest, which is usually empty (ADR 0021)."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, Table, delete, exists, func, insert, or_, select, text

from broker_gateway.application.history_ports import Retention
from broker_gateway.domain.task_id import TaskId
from broker_gateway.infrastructure.history.months import Month, first_id
from broker_gateway.infrastructure.history.schema import BY_MONTH, METADATA, tasks

TABLES = tuple(table.name for table in BY_MONTH)
AHEAD = 2
"""Months to come whose partitions are there already."""
KEYED = TaskId.beginning(TaskId.TIMED_UNTIL_MS)
"""Ids from here on tell no time."""
DAY_MS = 86_400_000
_LOCK_NUMBER = 0x6D6F6E74_68730000
"""``months``; who holds it changes the partitions."""
_LOCK_WAIT_MS = 1000
"""Who waits for a table keeps all others waiting behind it."""


def divide(connection: Connection, table: str) -> None:
    """The partitions of a new table beside those of months."""
    connection.execute(
        text(f"CREATE TABLE {table}_keyed PARTITION OF {table} FOR VALUES FROM ('{KEYED}') TO (MAXVALUE)")
    )
    connection.execute(text(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT"))


def months(connection: Connection, table: str = TABLES[0]) -> list[Month]:
    """Those that have a partition, the earliest first."""
    query = text(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = to_regclass(:table)"
    )
    names = connection.scalars(query, {"table": table})
    found = (Month.parse(str(name).removeprefix(f"{table}_")) for name in names)
    return sorted(month for month in found if month is not None)


def attach(connection: Connection, table: str, month: Month) -> None:
    """Makes the partition of a month, which no row of the rest may belong to."""
    first, end = month.ids
    part = f"{table}_{month.name}"
    connection.execute(text(f"CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{first}') TO ('{end}')"))


def add_month(connection: Connection, month: Month) -> None:
    """Makes its partitions. What the rest has of that month moves there: a gateway that was off for months has its
    first tasks before it has their partition."""
    first, end = month.ids
    connection.execute(text(f"LOCK TABLE {', '.join(f'{table}_rest' for table in TABLES)} IN ACCESS EXCLUSIVE MODE"))
    for name in TABLES:
        rest, table = _part(name, "rest"), METADATA.tables[name]
        strays = select(rest).where(rest.c.task_id >= first, rest.c.task_id < end)
        moved = [dict(row) for row in connection.execute(strays).mappings()]
        connection.execute(delete(rest).where(rest.c.task_id >= first, rest.c.task_id < end))
        attach(connection, name, month)
        if moved:
            connection.execute(insert(table), moved)


def renew(connection: Connection, retention: Retention, now_ms: int) -> int | None:
    """One change, in a transaction of its own: how many tasks went with it. None where there is nothing to change, or
    another gateway is doing it."""
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}"))
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER}):
        return None
    there, current = months(connection), Month.of(now_ms)
    for month in (current.after(ahead) for ahead in range(AHEAD + 1)):
        if month not in there:
            add_month(connection, month)
            return 0
    for month in there:
        if month < current and not _keeps(connection, month, retention, now_ms):
            return _drop(connection, month, retention, now_ms)
    return None


def _drop(connection: Connection, month: Month, retention: Retention, now_ms: int) -> int:
    """How many tasks went with it; none where one came meanwhile that is to be kept."""
    count = connection.scalar(select(func.count()).select_from(_part(tasks.name, month.name)))
    connection.execute(text(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE"))
    if _keeps(connection, month, retention, now_ms):
        return 0
    for table in TABLES:
        connection.execute(text(f"DROP TABLE {table}_{month.name}"))
    return count or 0


def longest_age_s(retention: Retention) -> float | None:
    """After which nothing is kept for its age; None: there is no such age."""
    age_s, failures_age_s = retention.age_s, retention.failures_age_s
    return None if age_s is None else max(age_s, age_s if failures_age_s is None else failures_age_s)


def ids_between(since_ms: int | None, until_ms: int | None) -> tuple[str | None, str | None]:
    """Between which the ids of tasks are that were submitted then, but for those that tell no time. An id is made a
    moment before its task is accepted."""
    first = None if since_ms is None else first_id(since_ms - DAY_MS)
    end = None if until_ms is None else first_id(until_ms + DAY_MS)
    return first, end


def _keeps(connection: Connection, month: Month, retention: Retention, now_ms: int) -> bool:
    """Two looks into an index, or one at whether there is anything."""
    age_s, part = longest_age_s(retention), _part(tasks.name, month.name)
    any_row = exists().select_from(part)
    if age_s is None:
        return bool(connection.scalar(select(any_row)))
    late = part.c.finished_at_ms >= now_ms - int(age_s * 1000)
    return bool(connection.scalar(select(or_(any_row.where(part.c.finished_at_ms.is_(None)), any_row.where(late)))))


def _part(table: str, suffix: str) -> Table:
    return METADATA.tables[table].to_metadata(MetaData(), name=f"{table}_{suffix}")
