"""The rows of the tables: from records of the bus, and back to tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from broker_gateway.application.history_ports import PastTask, TaskRecord
from broker_gateway.application.ports import Place
from broker_gateway.infrastructure.history.schema import ERROR_CHARS, ID_CHARS, NAME_CHARS, WORD_CHARS
from broker_gateway.infrastructure.history.texts import digest_of, finite, int32, int64, name, plain
from schemas.execution import Execution
from schemas.kept_source import KeptSource
from schemas.status import Status

Row = dict[str, Any]
OF_STATE = (
    *("status", "language", "language_version", "node_id", "attempt", "queued_ms", "submitted_at_ms"),
    *("finished_at_ms", "error", "error_folded", "labels"),
)
"""The columns that the record with the highest rank fills."""
OF_SUBMISSION = ("pool", "priority", "position", "era", "is_submitted")
"""The columns that the first QUEUED event fills."""
OF_PLACE = ("position", "era")
"""The columns that the lowest event fills until then."""

_encoder = msgspec.json.Encoder()
_labels = msgspec.json.Decoder(dict[str, str])
_executions = msgspec.json.Decoder(Execution)
_sources = msgspec.json.Decoder(KeptSource)


@dataclass(slots=True)
class Batch:
    """The rows of one call, each task once and all in one order, so that two writers do not wait for each other."""

    tasks: list[Row] = field(default_factory=list)
    outputs: list[Row] = field(default_factory=list)
    labels: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)


def batch_of(records: Sequence[TaskRecord]) -> Batch:
    """What these records come to."""
    tasks: dict[str, Row] = {}
    newest: dict[str, Execution] = {}
    labels: set[tuple[str, bytes]] = set()
    sources: dict[str, KeptSource] = {}
    for record in records:
        row = _row_of(record)
        task_id = row["task_id"]
        known = tasks.get(task_id)
        if known is None or row["state_rank"] > known["state_rank"]:
            newest[task_id] = record.execution
        tasks[task_id] = row if known is None else merged(known, row)
        if record.source is not None:
            sources.setdefault(task_id, record.source)
        labels |= {(task_id, digest_of(*label)) for label in record.execution.labels.items()}
    ids = sorted(tasks)
    return Batch(
        [tasks[task_id] for task_id in ids],
        [output for task_id in ids if (output := _output_of(tasks[task_id], newest[task_id])) is not None],
        [{"task_id": task_id, "label": label} for task_id, label in sorted(labels)],
        [{"task_id": task_id, "source": _encoded(sources[task_id])} for task_id in sorted(sources)],
    )


def merged(known: Row, new: Row) -> Row:
    """The row after both, as the database merges them (``dialects.upsert_tasks``)."""
    row = dict(new if new["state_rank"] > known["state_rank"] else known)
    submitted = [one for one in (known, new) if one["is_submitted"]]
    if submitted:
        first = min(submitted, key=lambda one: (one["era"], one["position"]))
        return row | {column: first[column] for column in ("client", *OF_SUBMISSION)}
    placed = [one for one in (known, new) if one["position"]]
    if placed:
        first = min(placed, key=lambda one: (one["era"], one["position"]))
        row |= {column: first[column] for column in OF_PLACE}
    return row


def past_task(row: Mapping[str, Any]) -> PastTask:
    """The task as a list shows it; whole where the row has the column ``execution`` and something in it."""
    place = Place(row["era"], row["position"])
    whole = row.get("execution")
    return PastTask(place, row["client"], _listed(row) if whole is None else _executions.decode(bytes(whole)))


def source_of(row: Mapping[str, Any]) -> KeptSource:
    """What the row of ``task_sources`` says."""
    return _sources.decode(bytes(row["source"]))


def _row_of(record: TaskRecord) -> Row:
    submitted = record.submitted
    place = record.place if submitted is None else submitted.place
    return {
        "task_id": name(record.execution.id, ID_CHARS),
        "state_rank": int64(record.rank),
        **_state_of(record.execution),
        "client": name(record.client if submitted is None else submitted.client, NAME_CHARS),
        "pool": "" if submitted is None else name(submitted.pool, NAME_CHARS),
        "priority": "" if submitted is None else name(submitted.priority, WORD_CHARS),
        "era": int64(place.era),
        "position": int64(place.position),
        "is_submitted": int(submitted is not None),
    }


def _state_of(execution: Execution) -> Row:
    error = plain(execution.error)
    labels = {plain(label): plain(value) for label, value in execution.labels.items()}
    ended_ms = execution.submitted_at_ms if execution.finished_at_ms is None else execution.finished_at_ms
    return {
        "status": execution.status.value,
        "language": name(execution.language, NAME_CHARS),
        "language_version": name(execution.language_version, NAME_CHARS),
        "node_id": name(execution.node_id, NAME_CHARS),
        "attempt": int32(execution.attempt),
        "queued_ms": finite(execution.queued_ms),
        "submitted_at_ms": int64(execution.submitted_at_ms),
        "finished_at_ms": int64(ended_ms) if execution.status.is_final else None,
        "error": error[:ERROR_CHARS],
        "error_folded": error.casefold()[:ERROR_CHARS],
        "labels": _encoder.encode(labels).decode(),
    }


def _output_of(row: Row, execution: Execution) -> Row | None:
    """The whole execution, where the row in ``tasks`` does not say all of it."""
    if _listed(row) == execution:
        return None
    return {"task_id": row["task_id"], "state_rank": row["state_rank"], "execution": _encoded(execution)}


def _encoded(told: Execution | KeptSource) -> bytes:
    try:
        return _encoder.encode(told)
    except (UnicodeEncodeError, OverflowError):
        fit = msgspec.convert(_fit(msgspec.to_builtins(told)), type(told))
        return _encoder.encode(fit)


def _fit(value: Any) -> Any:
    """The same with what JSON cannot say replaced."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {_fit(key): _fit(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fit(item) for item in value]
    return int64(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(row: Mapping[str, Any]) -> Execution:
    return Execution(
        id=row["task_id"],
        status=Status(row["status"]),
        language=row["language"],
        language_version=row["language_version"],
        node_id=row["node_id"],
        attempt=row["attempt"],
        queued_ms=row["queued_ms"],
        labels=_labels.decode(row["labels"]),
        compile=None,
        run=None,
        cases=[],
        warnings=[],
        error=row["error"],
        submitted_at_ms=row["submitted_at_ms"],
        finished_at_ms=row["finished_at_ms"],
    )
