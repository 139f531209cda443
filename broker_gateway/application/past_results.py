"""The results of all tasks: of those that are on the bus, and of those that have left it for the database."""

from __future__ import annotations

import structlog

from broker_gateway.application.history_ports import HistoryStore, HistoryUnavailableError
from broker_gateway.application.ports import ResultStore
from schemas.execution import ResultMessage

_log = structlog.get_logger(__name__)


class PastResults:
    """Implements ``ResultStore`` over the bus's. What only the database has is not found while that is away: nobody is
    refused for it, and a task of the same idempotency key runs once more then."""

    def __init__(self, results: ResultStore, past: HistoryStore) -> None:
        self._results = results
        self._past = past

    async def find(self, task_id: str) -> ResultMessage | None:
        found = await self._results.find(task_id)
        if found is not None:
            return found
        try:
            past = await self._past.find(task_id)
        except HistoryUnavailableError as error:
            _log.warning("past_result_unknown", task_id=task_id, error=str(error))
            return None
        if past is None or not past.execution.status.is_final:
            return None
        return ResultMessage(execution=past.execution, callback=None, client=past.client)

    async def store(self, result: ResultMessage) -> bool:
        return await self._results.store(result)
