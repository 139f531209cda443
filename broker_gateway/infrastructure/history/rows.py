"""The rows of the tables: from records of the bus, and back to tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from broker_gateway.application.history_ports import PastTask, Submitted, TaskRecord
from broker_gateway.application.ports import Place
from broker_gateway.infrastructure.history.schema import ERROR_CHARS, ID_CHARS, NAME_CHARS, WORD_CHARS
from broker_gateway.infrastructure.history.texts import digest_of, finite, int32, int64, name, plain
from schemas.execution import Execution
from schemas.kept_source import KeptSource
from schemas.reader import Reader
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
_labels = Reader(dict[str, str])
_executions = Reader(Execution)
_sources = Reader(KeptSource)


@dataclass(slots=True)
class Batch:
    """The rows of one call, each task once and all in one order, so that two writers do not wait for each other."""

    tasks: list[Row] = field(default_factory=list)
    outputs: list[Row] = field(default_factory=list)
    labels: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Told:
    """What the records of one call tell of one task, as the database merges them (``dialects.upsert_tasks``)."""

    newest: TaskRecord
    submitted: Submitted | None = None
    place: Place = field(default_factory=Place)
    labels: set[tuple[str, str]] = field(default_factory=set)
    source: KeptSource | None = None

    def add(self, record: TaskRecord) -> None:
        if record.rank > self.newest.rank:
            self.newest = record
        told = record.submitted
        if told is not None and (self.submitted is None or told.place < self.submitted.place):
            self.submitted = told
        if record.place.position and (not self.place.position or record.place < self.place):
            self.place = record.place
        self.labels |= record.execution.labels.items()
        self.source = self.source or record.source


def batch_of(records: Sequence[TaskRecord]) -> Batch:
    """What these records come to; each task's row is made once, as that is most of the work."""
    told: dict[str, _Told] = {}
    for record in records:
        task_id = record.execution.id
        if task_id not in told:
            told[task_id] = _Told(record)
        told[task_id].add(record)
    batch = Batch()
    for one in sorted(told.values(), key=lambda one: name(one.newest.execution.id, ID_CHARS)):
        row = _row_of(one)
        task_id = row["task_id"]
        batch.tasks.append(row)
        if (output := _output_of(row, one.newest.execution)) is not None:
            batch.outputs.append(output)
        if one.source is not None:
            batch.sources.append({"task_id": task_id, "source": _encoded(one.source)})
        batch.labels += [
            {"task_id": task_id, "label": label} for label in sorted(digest_of(*label) for label in one.labels)
        ]
    return batch


def past_task(row: Mapping[str, Any]) -> PastTask:
    """The task as a list shows it; whole where the row has the column ``execution`` and something in it."""
    place = Place(row["era"], row["position"])
    whole = row.get("execution")
    return PastTask(place, row["client"], _listed(row) if whole is None else _executions.decode(bytes(whole)))


def source_of(row: Mapping[str, Any]) -> KeptSource:
    """What the row of ``task_sources`` says."""
    return _sources.decode(bytes(row["source"]))


def _row_of(told: _Told) -> Row:
    newest, submitted = told.newest, told.submitted
    place = told.place if submitted is None else submitted.place
    return {
        "task_id": name(newest.execution.id, ID_CHARS),
        "state_rank": int64(newest.rank),
        **_state_of(newest.execution),
        "client": name(newest.client if submitted is None else submitted.client, NAME_CHARS),
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
