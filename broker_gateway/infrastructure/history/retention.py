"""The tasks that are not to be kept any more: which they are, and how they go."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from broker_gateway.application.history_ports import Retention
from broker_gateway.infrastructure.history.schema import task_labels, task_outputs, tasks
from schemas.status import Status

AT_ONCE = 500
"""Tasks removed in one transaction: their rows are locked for that long."""

_ended = tasks.c.finished_at_ms.is_not(None)
_succeeded = tasks.c.status == Status.SUCCEEDED.value
_oldest_first = (tasks.c.finished_at_ms, tasks.c.task_id)


async def superfluous(connection: AsyncConnection, retention: Retention, now_ms: int, most: int) -> list[str]:
    """The ids of up to ``most`` tasks that one rule does not keep; of the next rule only where the one before has
    none left, as it counts what the others leave."""
    async for rule in _rules(connection, retention, now_ms, most):
        found: list[str] = list((await connection.scalars(rule)).all())
        if found:
            return found
    return []


async def remove(connection: AsyncConnection, task_ids: list[str]) -> int:
    """How many of them were there."""
    ids = sorted(task_ids)
    gone = await connection.execute(delete(tasks).where(tasks.c.task_id.in_(ids)))
    for table in (task_outputs, task_labels):
        await connection.execute(delete(table).where(table.c.task_id.in_(ids)))
    return gone.rowcount


async def _rules(
    connection: AsyncConnection, retention: Retention, now_ms: int, most: int
) -> AsyncIterator[Select[tuple[str]]]:
    for condition in _too_old(retention, now_ms):
        yield _oldest(condition, most)
    if retention.max_tasks is not None:
        count = await connection.scalar(select(func.count()).select_from(tasks).where(_ended)) or 0
        if count > retention.max_tasks:
            yield _oldest(_ended, min(most, count - retention.max_tasks))
    if retention.max_tasks_per_client is not None:
        for client, count in await _crowded(connection, retention.max_tasks_per_client):
            surplus = count - retention.max_tasks_per_client
            yield _oldest(and_(_ended, tasks.c.client == client), min(most, surplus))


def _too_old(retention: Retention, now_ms: int) -> list[ColumnElement[bool]]:
    failures_age_s = retention.age_s if retention.failures_age_s is None else retention.failures_age_s
    ages = ((_succeeded, retention.age_s), (~_succeeded, failures_age_s))
    return [
        and_(kind, tasks.c.finished_at_ms < now_ms - int(age_s * 1000)) for kind, age_s in ages if age_s is not None
    ]


def _oldest(condition: ColumnElement[bool], most: int) -> Select[tuple[str]]:
    return select(tasks.c.task_id).where(condition).order_by(*_oldest_first).limit(most)


async def _crowded(connection: AsyncConnection, most: int) -> list[tuple[str, int]]:
    """The clients with more ended tasks than that."""
    counted = select(tasks.c.client, func.count()).where(_ended).group_by(tasks.c.client)
    found = await connection.execute(counted.having(func.count() > most))
    return [(client, count) for client, count in found.all()]
