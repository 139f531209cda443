"""The statement of a list: what its tasks must match, and where it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, desc, exists, or_, select

from broker_gateway.application.history_ports import Cursor
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history.dialects import comes_before, contains
from broker_gateway.infrastructure.history.partitions import KEYED, ids_between
from broker_gateway.infrastructure.history.schema import NAME_CHARS, task_labels, tasks
from broker_gateway.infrastructure.history.texts import digest_of, int64, name, plain


def page_query(dialect: str, wanted: TaskFilter, before: Cursor | None, size: int) -> Select[Any]:
    """The rows of one page, the last submitted first."""
    query = select(tasks).where(*conditions(dialect, wanted))
    if before is not None:
        query = query.where(comes_before(dialect, before))
    return query.order_by(desc(tasks.c.era), desc(tasks.c.position), desc(tasks.c.task_id)).limit(size)


def conditions(dialect: str, wanted: TaskFilter) -> Iterator[ColumnElement[bool]]:
    """One for each field that asks for something."""
    if wanted.client is not None:
        yield tasks.c.client == name(wanted.client, NAME_CHARS)
    if wanted.statuses:
        yield tasks.c.status.in_(sorted(status.value for status in wanted.statuses))
    if wanted.language:
        yield tasks.c.language == name(wanted.language, NAME_CHARS)
    if wanted.node_id:
        yield tasks.c.node_id == name(wanted.node_id, NAME_CHARS)
    if wanted.since_ms is not None:
        yield tasks.c.submitted_at_ms >= int64(wanted.since_ms)
    if wanted.until_ms is not None:
        yield tasks.c.submitted_at_ms < int64(wanted.until_ms)
    if dialect == "postgresql" and (wanted.since_ms is not None or wanted.until_ms is not None):
        yield _of_those_months(wanted)
    if wanted.error_text:
        yield contains(dialect, tasks.c.error_folded, plain(wanted.error_text).casefold())
    for label in wanted.labels.items():
        yield exists().where(task_labels.c.task_id == tasks.c.task_id, task_labels.c.label == digest_of(*label))


def _of_those_months(wanted: TaskFilter) -> ColumnElement[bool]:
    """What rules out the partitions of all other months; it changes nothing about which tasks match."""
    first, end = ids_between(wanted.since_ms, wanted.until_ms)
    timed = [tasks.c.task_id >= first] if first is not None else []
    if end is not None:
        timed.append(tasks.c.task_id < end)
    return or_(and_(*timed), tasks.c.task_id >= KEYED)
