"""The history in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from broker_gateway.application.history_ports import (
    Cursor,
    HistoryUnavailableError,
    PastTask,
    Retention,
    Submitted,
    TaskRecord,
)
from broker_gateway.application.ports import Place, TaskFilter
from schemas.execution import Execution
from schemas.kept_source import KeptSource
from schemas.status import Status


@dataclass(slots=True)
class _Known:
    """What the records of one task have told."""

    newest: TaskRecord
    submitted: Submitted | None = None
    labels: set[tuple[str, str]] = field(default_factory=set)
    source: KeptSource | None = None
    first: Place = field(default_factory=Place)
    """The lowest place of an event."""

    @property
    def execution(self) -> Execution:
        return self.newest.execution

    @property
    def client(self) -> str:
        return self.newest.client if self.submitted is None else self.submitted.client

    @property
    def place(self) -> Place:
        return self.first if self.submitted is None else self.submitted.place

    @property
    def order(self) -> tuple[Place, str]:
        return self.place, self.execution.id

    @property
    def end(self) -> tuple[int, str]:
        ended_ms = self.execution.finished_at_ms
        return self.execution.submitted_at_ms if ended_ms is None else ended_ms, self.execution.id


class MemoryHistory:
    """Implements ``HistoryStore``."""

    def __init__(self) -> None:
        self.away = ""
        """Why every call fails; empty: none does."""
        self._tasks: dict[str, _Known] = {}

    async def record(self, records: Sequence[TaskRecord]) -> None:
        self._answer()
        for record in records:
            known = self._tasks.setdefault(record.execution.id, _Known(record))
            if record.rank > known.newest.rank:
                known.newest = record
            told = record.submitted
            if told is not None and (known.submitted is None or told.place < known.submitted.place):
                known.submitted = told
            if record.place.position and (not known.first.position or record.place < known.first):
                known.first = record.place
            known.source = known.source or record.source
            known.labels |= set(record.execution.labels.items())

    async def find(self, task_id: str) -> PastTask | None:
        self._answer()
        known = self._tasks.get(task_id)
        return None if known is None else PastTask(known.place, known.client, known.execution)

    async def source(self, task_id: str) -> KeptSource | None:
        self._answer()
        known = self._tasks.get(task_id)
        return None if known is None else known.source

    async def page(self, wanted: TaskFilter, before: Cursor | None, size: int) -> list[PastTask]:
        self._answer()
        found = sorted(self._matching(wanted), key=lambda known: known.order, reverse=True)
        if before is not None:
            found = [known for known in found if known.order < (before.place, before.task_id)]
        return [PastTask(known.place, known.client, _without_output(known.execution)) for known in found[:size]]

    async def count(self, wanted: TaskFilter) -> int:
        self._answer()
        return len(list(self._matching(wanted)))

    async def forget(self, retention: Retention, now_ms: int, most: int) -> int:
        self._answer()
        gone = 0
        while gone < most and (surplus := self._surplus(retention, now_ms)):
            del self._tasks[min(surplus, key=lambda known: known.end).execution.id]
            gone += 1
        return gone

    async def renew_months(self, retention: Retention, now_ms: int) -> int:
        self._answer()
        return 0

    async def check(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.away:
            raise HistoryUnavailableError(self.away)

    def _matching(self, wanted: TaskFilter) -> Iterable[_Known]:
        return (known for known in self._tasks.values() if _matches(known, wanted))

    def _surplus(self, retention: Retention, now_ms: int) -> list[_Known]:
        """The tasks that the first of the rules that bites does not keep; of too many, all that count."""
        ended = [known for known in self._tasks.values() if known.execution.status.is_final]
        old = [known for known in ended if _is_old(known, retention, now_ms)]
        if old:
            return old
        if retention.max_tasks is not None and len(ended) > retention.max_tasks:
            return ended
        counts = Counter(known.client for known in ended)
        most = retention.max_tasks_per_client
        return [] if most is None else [known for known in ended if counts[known.client] > most]


def _is_old(known: _Known, retention: Retention, now_ms: int) -> bool:
    age_s = retention.age_s
    if known.execution.status is not Status.SUCCEEDED and retention.failures_age_s is not None:
        age_s = retention.failures_age_s
    return age_s is not None and known.end[0] < now_ms - age_s * 1000


def _matches(known: _Known, wanted: TaskFilter) -> bool:
    execution = known.execution
    return (
        (wanted.client is None or known.client == wanted.client)
        and (not wanted.statuses or execution.status in wanted.statuses)
        and wanted.language in ("", execution.language)
        and wanted.node_id in ("", execution.node_id)
        and (wanted.since_ms is None or execution.submitted_at_ms >= wanted.since_ms)
        and (wanted.until_ms is None or execution.submitted_at_ms < wanted.until_ms)
        and wanted.error_text.casefold() in execution.error.casefold()
        and set(wanted.labels.items()) <= known.labels
    )


def _without_output(execution: Execution) -> Execution:
    return msgspec.structs.replace(execution, compile=None, run=None, cases=[], diagnostics=[], warnings=[])
