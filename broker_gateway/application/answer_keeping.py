"""The use case of keeping a finished task's outcome as the answer for all tasks like it."""

from __future__ import annotations

import msgspec

from broker_gateway.application.answer_ports import AnswerStore
from schemas.answers import KeptAnswer, why_not_kept
from schemas.execution import Execution, ResultMessage
from schemas.status import Status

NOBODYS_DOING = frozenset({Status.CANCELLED, Status.EXPIRED, Status.INTERNAL_ERROR})
"""Ends that say nothing of the program: another one like it may take the place of the task that ended so."""
ANSWER_BYTES = 256 << 10


def is_answer(result: ResultMessage, key: str) -> bool:
    """True where the outcome stands for all tasks of that key."""
    execution = result.execution
    return result.answer == key and not execution.not_kept and not why_not_kept(execution)


class AnswerKeeping:
    """The use case; every relay has it, and what comes twice changes nothing."""

    def __init__(self, answers: AnswerStore, *, max_bytes: int = ANSWER_BYTES) -> None:
        """``max_bytes``: the largest answer that is kept, as JSON."""
        self._answers = answers
        self._max_bytes = max_bytes

    async def settle(self, result: ResultMessage) -> None:
        """Keeps the result as the answer that its task was to make, or says why there is none. Raises
        BusUnavailableError."""
        key, execution = result.answer, result.execution
        found = await self._answers.find(key)
        if found is None or found.kept.task_id != execution.id or _is_settled(found.kept):
            return  # it was purged meanwhile, or another task makes it
        if execution.status in NOBODYS_DOING:
            return  # who takes its place is settled where tasks follow it
        if why_not_kept(execution) or result.digest not in found.kept.digests:
            await self._answers.forget(key, found.revision)
        else:
            await self._answers.put(key, self._kept(found.kept, execution), after=found.revision)

    def _kept(self, flight: KeptAnswer, execution: Execution) -> KeptAnswer:
        reason = execution.not_kept
        if not reason and len(msgspec.json.encode(execution)) > self._max_bytes:
            reason = f"its output takes more than {self._max_bytes} bytes"
        if reason:
            return msgspec.structs.replace(flight, reason=reason)
        return msgspec.structs.replace(flight, execution=msgspec.structs.replace(execution, labels={}))


def _is_settled(kept: KeptAnswer) -> bool:
    return kept.execution is not None or bool(kept.reason)
