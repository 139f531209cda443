"""Where the three databases differ: upserts, the order of paging, how text is searched, what a conflict is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymysql.constants import ER
from sqlalchemy import ColumnElement, Table, and_, case, func, literal, literal_column, or_, tuple_
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

from broker_gateway.application.history_ports import Cursor
from broker_gateway.infrastructure.history.columns import MYSQL, Exact
from broker_gateway.infrastructure.history.rows import OF_PLACE, OF_STATE, OF_SUBMISSION
from broker_gateway.infrastructure.history.schema import task_labels, task_outputs, task_sources, tasks
from broker_gateway.infrastructure.history.texts import int64, plain

_CONFLICTS = frozenset({"40001", "40P01"})
"""SQLSTATE of PostgreSQL: serialization failure, deadlock."""
_MYSQL_CONFLICTS = frozenset({ER.CHECKREAD, ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK})
"""The first: the record has changed since it was read."""

Values = list[tuple[str, ColumnElement[Any]]]
"""Columns and what they become, in an order in which none is needed after it has changed: MySQL assigns one after the
other."""


def upsert_tasks(dialect: str) -> Insert:
    """Puts rows into ``tasks``: the state with the higher rank stays, and the first submission."""
    return _upsert(dialect, tasks, _task_changes)


def upsert_outputs(dialect: str) -> Insert:
    """Puts rows into ``task_outputs``: the one with the higher rank stays."""
    return _upsert(dialect, task_outputs, _output_changes)


def insert_labels(dialect: str) -> Insert:
    """Puts rows into ``task_labels`` that are not there yet."""
    return _insert(dialect, task_labels)


def insert_sources(dialect: str) -> Insert:
    """Puts rows into ``task_sources`` that are not there yet."""
    return _insert(dialect, task_sources)


def comes_before(dialect: str, cursor: Cursor) -> ColumnElement[bool]:
    """What a list has after the cursor, as a range of the index. MySQL sees none in a comparison of rows. PostgreSQL
    takes what comes before an era that all tasks have for nothing, and would read everybody's tasks to find one
    client's: told "before or at", it knows better."""
    place = [
        (tasks.c.era, int64(cursor.place.era)),
        (tasks.c.position, int64(cursor.place.position)),
        (tasks.c.task_id, plain(cursor.task_id)),
    ]
    if dialect in MYSQL:
        (era, its_era), (position, its_position), (task_id, its_id) = place
        return or_(
            era < its_era,
            and_(era == its_era, position < its_position),
            and_(era == its_era, position == its_position, task_id < its_id),
        )
    row = tuple_(*(column for column, _ in place))
    its_row = tuple_(*(literal(value, column.type) for column, value in place))
    if dialect == "postgresql":
        return and_(row <= its_row, or_(*(column != value for column, value in place)))
    return row < its_row


def contains(dialect: str, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether the column has the text in it, letter for letter: no character has a meaning of its own."""
    find = func.strpos if dialect == "postgresql" else func.instr
    return find(column, literal(text, Exact())) > 0


def is_conflict(error: BaseException) -> bool:
    """Whether two writers met, and the same again may go well."""
    original = error.orig if isinstance(error, DBAPIError) else None
    if original is None:
        return False
    if getattr(original, "sqlstate", None) in _CONFLICTS:
        return True
    code = original.args[0] if original.args else None
    return code in _MYSQL_CONFLICTS or (isinstance(code, str) and code.startswith("database is locked"))


def _insert(dialect: str, table: Table) -> Insert:
    if dialect in MYSQL:
        return mysql.insert(table).on_duplicate_key_update(task_id=table.c.task_id)
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()


def _upsert(dialect: str, table: Table, changes: Callable[[Any], tuple[Values, ColumnElement[bool]]]) -> Insert:
    if dialect in MYSQL:
        into_mysql = mysql.insert(table)
        return into_mysql.on_duplicate_key_update(changes(into_mysql.inserted)[0])
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    values, where = changes(insert.excluded)
    return insert.on_conflict_do_update(index_elements=[table.c.task_id], set_=dict(values), where=where)


def _task_changes(new: Any) -> tuple[Values, ColumnElement[bool]]:
    known = tasks.c
    yes: ColumnElement[int] = literal_column("1")  # aiomysql binds values in bulk where there are no others
    no: ColumnElement[int] = literal_column("0")
    is_newer = new.state_rank > known.state_rank
    is_lower = or_(new.era < known.era, and_(new.era == known.era, new.position < known.position))
    is_first = and_(new.is_submitted == yes, or_(known.is_submitted == no, is_lower))
    is_placed = and_(
        new.is_submitted == no, known.is_submitted == no, new.position > no, or_(known.era == no, is_lower)
    )
    client = case((is_first, new.client), (and_(known.is_submitted == no, is_newer), new.client), else_=known.client)
    of_submission = [
        (name, case((or_(is_first, is_placed) if name in OF_PLACE else is_first, new[name]), else_=known[name]))
        for name in OF_SUBMISSION
    ]
    of_state = [(name, case((is_newer, new[name]), else_=known[name])) for name in (*OF_STATE, "state_rank")]
    return [("client", client), *of_submission, *of_state], or_(is_newer, is_first, is_placed)


def _output_changes(new: Any) -> tuple[Values, ColumnElement[bool]]:
    known = task_outputs.c
    is_newer = new.state_rank > known.state_rank
    values: Values = [(name, case((is_newer, new[name]), else_=known[name])) for name in ("execution", "state_rank")]
    return values, is_newer
