"""The tasks that are not to be kept any more: which they are, and how they go."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from broker_gateway.application.history_ports import Retention
from broker_gateway.infrastructure.history.partitions import DAY_MS, KEYED, longest_age_s
from broker_gateway.infrastructure.history.schema import task_labels, task_outputs, task_sources, tasks
from schemas.status import Status

AT_ONCE = 500
"""Tasks removed in one transaction: their rows are locked for that long."""
_LATE_MS = 62 * DAY_MS
"""After that a month is kept by something else: a task in it that never ended."""

_ended = tasks.c.finished_at_ms.is_not(None)
_succeeded = tasks.c.status == Status.SUCCEEDED.value
_oldest_first = (tasks.c.finished_at_ms, tasks.c.task_id)


async def superfluous(
    connection: AsyncConnection, retention: Retention, now_ms: int, most: int, *, by_month: bool = False
) -> list[str]:
    """The ids of up to ``most`` tasks that one rule does not keep; of the next rule only where the one before has
    none left, as it counts what the others leave. ``by_month``: what goes with its month is none of them."""
    async for rule in _rules(connection, retention, now_ms, most, by_month):
        found: list[str] = list((await connection.scalars(rule)).all())
        if found:
            return found
    return []


async def remove(connection: AsyncConnection, task_ids: list[str]) -> int:
    """How many of them were there."""
    ids = sorted(task_ids)
    gone = await connection.execute(delete(tasks).where(tasks.c.task_id.in_(ids)))
    for table in (task_outputs, task_labels, task_sources):
        await connection.execute(delete(table).where(table.c.task_id.in_(ids)))
    return gone.rowcount


async def _rules(
    connection: AsyncConnection, retention: Retention, now_ms: int, most: int, by_month: bool
) -> AsyncIterator[Select[tuple[str]]]:
    for condition in _too_old(retention, now_ms, by_month):
        yield _oldest(condition, most)
    if retention.max_tasks is not None:
        count = await connection.scalar(select(func.count()).select_from(tasks).where(_ended)) or 0
        if count > retention.max_tasks:
            yield _oldest(_ended, min(most, count - retention.max_tasks))
    if retention.max_tasks_per_client is not None:
        for client, count in await _crowded(connection, retention.max_tasks_per_client):
            surplus = count - retention.max_tasks_per_client
            yield _oldest(and_(_ended, tasks.c.client == client), min(most, surplus))


def _too_old(retention: Retention, now_ms: int, by_month: bool) -> list[ColumnElement[bool]]:
    failures_age_s = retention.age_s if retention.failures_age_s is None else retention.failures_age_s
    ages = ((_succeeded, retention.age_s), (~_succeeded, failures_age_s))
    longest_s = longest_age_s(retention) if by_month else None
    return [
        and_(kind, _ended_before(now_ms - int(age_s * 1000), by_month=age_s == longest_s))
        for kind, age_s in ages
        if age_s is not None
    ]


def _ended_before(cutoff_ms: int, *, by_month: bool) -> ColumnElement[bool]:
    """Where that is left to the months: what is in none, or in one that did not go in time."""
    before = tasks.c.finished_at_ms < cutoff_ms
    if not by_month:
        return before
    return and_(before, or_(tasks.c.task_id >= KEYED, tasks.c.finished_at_ms < cutoff_ms - _LATE_MS))


def _oldest(condition: ColumnElement[bool], most: int) -> Select[tuple[str]]:
    return select(tasks.c.task_id).where(condition).order_by(*_oldest_first).limit(most)


async def _crowded(connection: AsyncConnection, most: int) -> list[tuple[str, int]]:
    """The clients with more ended tasks than that."""
    counted = select(tasks.c.client, func.count()).where(_ended).group_by(tasks.c.client)
    found = await connection.execute(counted.having(func.count() > most))
    return [(client, count) for client, count in found.all()]
