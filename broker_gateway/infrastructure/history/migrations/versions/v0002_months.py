"""The second version: on PostgreSQL each table has a partition for each month of submission."""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op
from sqlalchemy import Connection, text

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.infrastructure.history import partitions
from broker_gateway.infrastructure.history.months import Month

revision = "0002"
down_revision = "0001"

_KEYS = {"tasks": "task_id", "task_outputs": "task_id", "task_labels": "task_id, label"}
_INDEXES = (
    ("ix_tasks_place", "tasks", ("era", "position", "task_id")),
    ("ix_tasks_client_place", "tasks", ("client", "era", "position", "task_id")),
    ("ix_tasks_submitted", "tasks", ("submitted_at_ms",)),
    ("ix_tasks_finished", "tasks", ("finished_at_ms",)),
    ("ix_task_labels_label", "task_labels", ("label", "task_id")),
)
_FIRST = Month(2020, 1)
"""No task of ours is older: what says so goes to the rest."""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    there = _months(connection)
    for table in _KEYS:
        _set_aside(table)
        _create(table, " PARTITION BY RANGE (task_id)")
        partitions.divide(connection, table)
        for month in there:
            partitions.attach(connection, table, month)
    _take_back()


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in _KEYS:
        _set_aside(table)
        _create(table, "")
    _take_back()


def _set_aside(table: str) -> None:
    for name, of, _ in _INDEXES:
        if of == table:
            op.drop_index(name, table)
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"ALTER INDEX {table}_pkey RENAME TO {table}_before_pkey")


def _create(table: str, how: str) -> None:
    columns = f"LIKE {table}_before INCLUDING DEFAULTS INCLUDING COMMENTS"
    op.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({_KEYS[table]})){how}")


def _take_back() -> None:
    for table in _KEYS:
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")  # noqa: S608  # both names are ours
        op.execute(f"DROP TABLE {table}_before")
    for name, table, columns in _INDEXES:
        op.create_index(name, table, list(columns))


def _months(connection: Connection) -> Iterable[Month]:
    """Of the tasks that are there, and of those to come."""
    told = "('x' || lpad(left(task_id, 12), 16, '0'))::bit(64)::bigint"
    month = f"to_char(to_timestamp({told} / 1000.0) AT TIME ZONE 'UTC', 'YYYYMM')"
    has_time = "task_id ~ '^0[0-3][0-9a-f]{10}'"
    names = connection.scalars(text(f"SELECT DISTINCT {month} FROM tasks WHERE {has_time}"))  # noqa: S608  # it is ours
    now = Month.of(wall_clock_ms())
    last = now.after(partitions.AHEAD)
    of_tasks = {found for name in names if (found := Month.parse(name)) is not None and _FIRST <= found <= last}
    return sorted(of_tasks | {now.after(ahead) for ahead in range(partitions.AHEAD + 1)})
