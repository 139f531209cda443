"""The use case of answering a task with the outcome of another one that is the same in all that decides its outcome:
one that has ended, or one that runs now (docs/adr/0022-kept-answers.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import msgspec
import structlog

from broker_gateway.application.answer_keeping import NOBODYS_DOING, is_answer
from broker_gateway.application.answer_ports import AnswerStore, FoundAnswer
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.ports import History, ResultStore
from broker_gateway.domain.execution_task import ExecutionTask
from chassis.errors import BusUnavailableError
from schemas.answers import CacheMode, KeptAnswer, answer_key
from schemas.execution import Execution, ResultMessage
from schemas.names import is_token
from schemas.task import TaskMessage

Count = Callable[[str, str], None]
"""Counts an outcome for a language: ``hit``, ``joined``, ``miss``, ``varies`` or ``failed``."""

PAUSE_MS = 1000
"""For so long nobody asks for answers after they were away."""
_TRIES = 3
_ON_LOOP_BYTES = 64 << 10
"""A key of more is made off the event loop."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """A task that has ended without a run of its own."""

    execution: Execution
    is_new: bool
    """False where it had ended before."""


@dataclass(frozen=True, slots=True)
class Entering:
    """A task that is to be queued."""

    task: ExecutionTask
    follows: bool = False
    """It waits for another's outcome, and no node may have it."""
    revision: int = 0
    """Of the answer that it is to make; 0 where it makes none."""

    def alone(self) -> Entering:
        """The same task, to run by itself."""
        return Entering(ExecutionTask.found(msgspec.structs.replace(self.task.message, answer="", keeps_answer=False)))


@dataclass(frozen=True, slots=True)
class CacheModes:
    """The modes of tasks that ask for none: each client's, and that of all others."""

    usual: CacheMode = CacheMode.OFF
    of_clients: Mapping[str, CacheMode] | None = None

    def of(self, client: str, asked: str) -> CacheMode:
        """The mode of one task; what it asks for counts first."""
        return CacheMode(asked) if asked else (self.of_clients or {}).get(client, self.usual)


class Answering:
    """The use case. An answer store that is away makes nobody wait: the task runs."""

    def __init__(
        self,
        *,
        answers: AnswerStore,
        results: ResultStore,
        history: History,
        modes: CacheModes,
        count: Count = lambda _outcome, _language: None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._answers = answers
        self._results = results
        self._history = history
        self._modes = modes
        self._count = count
        self._now_ms = now_ms
        self._again_ms = 0
        """While the answers are away, nobody is asked before."""

    async def take(self, task: ExecutionTask, asked: str, digests: Set[str]) -> Answered | Entering:
        """What becomes of a task that ``digests`` may run: ended, or as it is to be queued."""
        mode = self._modes.of(task.message.client, asked)
        if mode is CacheMode.OFF or not digests or not is_token(task.message.language):
            return Entering(task)
        if self._now_ms() >= self._again_ms:
            try:
                return await self._take(task, await _key_of(task.message, digests), mode, digests)
            except BusUnavailableError as error:
                _log.warning("answers_unavailable", task_id=task.message.id, error=str(error))
                self._again_ms = self._now_ms() + PAUSE_MS
        self._told("failed", task)
        return Entering(task)

    async def withdraw(self, entering: Entering) -> None:
        """Says that the task was not queued after all. Raises nothing: an answer that nobody makes is noticed."""
        if entering.revision:
            try:
                await self._answers.forget(entering.task.message.answer, entering.revision)
            except BusUnavailableError as error:
                _log.warning("answer_not_withdrawn", task_id=entering.task.message.id, error=str(error))

    async def _take(self, task: ExecutionTask, key: str, mode: CacheMode, digests: Set[str]) -> Answered | Entering:
        for _ in range(_TRIES):
            found = await self._answers.find(key)
            if found is not None and found.kept.reason:
                self._told("varies", task)
                return Entering(task)
            made = found.kept.execution if found is not None else None
            ended = await self._results.find(found.kept.task_id) if found is not None and made is None else None
            if ended is not None and is_answer(ended, key):
                made = ended.execution  # not kept yet
            if made is not None:
                return await self._answered(task, made)
            if found is not None and ended is None:
                return self._following(task, key, mode, found)
            if ended is not None and ended.execution.status not in NOBODYS_DOING:
                break  # it ran into its limits: who comes now is on his own
            if mode is CacheMode.READ:
                break
            revision = await self._answers.put(
                key,
                KeptAnswer(task_id=task.message.id, digests=sorted(digests)),
                after=found.revision if found is not None else 0,
            )
            if revision:
                self._told("miss", task)
                return Entering(_with_answer(task, key, keeps=True), revision=revision)
        self._told("miss", task)
        return Entering(task)

    def _following(self, task: ExecutionTask, key: str, mode: CacheMode, found: FoundAnswer) -> Entering:
        keeps = mode is CacheMode.READ_WRITE
        if found.kept.task_id == task.message.id:  # submitted again, with the same idempotency key
            return Entering(_with_answer(task, key, keeps=keeps))
        self._told("joined", task)
        return Entering(_with_answer(task, key, keeps=keeps), follows=True)

    async def _answered(self, task: ExecutionTask, made: Execution) -> Answered:
        ended = task.answered(made, self._now_ms())
        is_new = await self._results.store(ResultMessage.of(ended, task.message))
        if is_new:
            self._history.record(task.known, task.message)
            self._history.record(ended, task.message)
        self._told("hit", task)
        return Answered(ended, is_new)

    def _told(self, outcome: str, task: ExecutionTask) -> None:
        self._count(outcome, task.message.language)


def _with_answer(task: ExecutionTask, key: str, *, keeps: bool) -> ExecutionTask:
    return ExecutionTask.found(msgspec.structs.replace(task.message, answer=key, keeps_answer=keeps))


async def _key_of(message: TaskMessage, digests: Set[str]) -> str:
    size = len(message.input) + sum(len(file.held) for file in message.files)
    size += sum(len(case.input) + len(case.expected_output) for case in message.cases)
    if size <= _ON_LOOP_BYTES:
        return answer_key(message, digests)
    return await asyncio.to_thread(answer_key, message, digests)
