"""The use case of redriving dead letters: a poisonous task (docs/adr/0006-attempts-are-runs.md) runs once more, an
undelivered result goes to its callback once more.

A letter leaves the dead only after what it stands for is safe elsewhere. So a gateway that dies in between leaves a
letter that can be redriven again, and each step can be taken twice: the result is removed by its sequence and no other
in its stead, and the bus queues a task only once for each letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from broker_gateway.application.callback_delivery import Call, CallbackDelivery
from broker_gateway.application.callback_ports import AttemptLedger
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Busy, NotRedriven, UnknownLetter
from broker_gateway.application.operations_ports import DeadLetters, KeptLetter, TaskRerun, TaskSnapshot
from broker_gateway.application.ports import History, QueueFullError, ResultStore
from broker_gateway.application.settings import OperationsSettings
from broker_gateway.domain.execution_task import ExecutionTask
from broker_gateway.domain.seals import UNSEALED, Seals
from schemas.callback import DeliveryState
from schemas.execution import ResultMessage
from schemas.reader import Reader
from schemas.status import DeadReason, Status
from schemas.task import TaskMessage

RedriveRefusal = UnknownLetter | NotRedriven | Busy

_tasks = Reader(TaskMessage)
_results = Reader(ResultMessage)
NOT_BOUND = "nothing binds its message to what was submitted: nodes write dead letters, too"

_log = structlog.get_logger(__name__)


class Redriving:
    """The use case: whatever a task's dead letters stand for is tried again, once."""

    def __init__(
        self,
        *,
        dead: DeadLetters,
        rerun: TaskRerun,
        results: ResultStore,
        history: History,
        delivery: CallbackDelivery,
        ledger: AttemptLedger,
        settings: OperationsSettings,
        seals: Seals = UNSEALED,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._dead = dead
        self._rerun = rerun
        self._results = results
        self._history = history
        self._delivery = delivery
        self._ledger = ledger
        self._settings = settings
        self._seals = seals
        self._now_ms = now_ms

    async def redrive(self, task_id: str) -> RedriveRefusal | None:
        """Tries the task's dead letters again; None once it is done. A task that is both poison and undelivered runs
        again, and its new result is then delivered. Raises BusUnavailableError."""
        undelivered = await self._dead.newest(task_id, DeadReason.UNDELIVERED)
        poison = await self._dead.newest(task_id, DeadReason.POISON)
        if poison is not None:
            refusal = await self._run_again(poison)
            if refusal is None and undelivered is not None:
                await self._dead.remove(undelivered)
            return refusal
        if undelivered is not None:
            return await self._deliver_again(undelivered)
        other = await self._dead.newest(task_id)
        if other is None:
            return UnknownLetter(task_id)
        return NotRedriven(f"a letter with the reason {other.letter.reason} cannot be tried again")

    async def _run_again(self, kept: KeptLetter) -> RedriveRefusal | None:
        try:
            task = _tasks.decode(kept.letter.payload)
        except msgspec.MsgspecError as error:
            return NotRedriven(f"its message cannot be read: {error}")
        if task.id != kept.letter.id or not self._seals.binds_task(task):
            return NotRedriven(NOT_BOUND)
        snapshot = await self._left_its_queue(task.id)
        if snapshot is None:
            return NotRedriven("the task is just leaving its queue; try again in a moment")
        if _awaits_a_run(snapshot):
            refusal = await self._enqueue_again(task, kept, snapshot)
            if refusal is not None:
                return refusal
            _log.info("task_redriven", task_id=task.id)
        await self._dead.remove(kept)
        return None

    async def _left_its_queue(self, task_id: str) -> TaskSnapshot | None:
        """The node stores the failure, then the letter, and only then takes the message from its queue."""
        looks = round(self._settings.leaving_s / self._settings.look_every_s)
        for _ in range(max(1, looks)):
            snapshot = await self._rerun.snapshot(task_id)
            if not (snapshot.is_queued and _failed(snapshot)):
                return snapshot
            await asyncio.sleep(self._settings.look_every_s)
        return None

    async def _enqueue_again(self, task: TaskMessage, kept: KeptLetter, snapshot: TaskSnapshot) -> Busy | None:
        await self._rerun.forget_attempts(task.id, snapshot)
        if snapshot.result is not None:
            await self._rerun.forget_result(snapshot)
        occasion = str(kept.sequence)
        again = ExecutionTask.found(task).for_another_run(occasion, self._now_ms())
        try:
            is_new = await self._rerun.enqueue(again.message, occasion)
        except QueueFullError as error:
            await self._put_back(task, snapshot)
            return Busy(str(error), error.retry_after_ms)
        if is_new:
            self._history.record(again.known, again.message)
        return None

    async def _put_back(self, task: TaskMessage, snapshot: TaskSnapshot) -> None:
        if snapshot.result is not None:
            await self._results.store(snapshot.result)
            self._history.record(ExecutionTask.found(task).known, task)
            self._history.record(snapshot.result.execution, task)

    async def _deliver_again(self, kept: KeptLetter) -> NotRedriven | None:
        """This gateway delivers it itself, once: whoever asked learns how that went."""
        try:
            result = _results.decode(kept.letter.payload)
        except msgspec.MsgspecError as error:
            return NotRedriven(f"its message cannot be read: {error}")
        if not self._seals.binds(result, kept.letter.id):
            return NotRedriven(NOT_BOUND)
        if result.callback is None:
            await self._dead.remove(kept)
            return None
        began_ms = self._now_ms()
        failure = await self._delivery.attempt(result.callback, result.execution, client=result.client)
        call = Call(began_ms, self._now_ms() - began_ms, failure)
        if failure is not None:
            if failure.was_made:
                await self._note(result, call, DeliveryState.GIVEN_UP)
            return NotRedriven(f"the callback did not take it: {failure}")
        await self._dead.remove(kept)
        await self._note(result, call, DeliveryState.DELIVERED)
        _log.info("callback_redriven", task_id=result.execution.id)
        return None

    async def _note(self, result: ResultMessage, call: Call, state: DeliveryState) -> None:
        await self._ledger.note(result, call.after(await self._ledger.known(result), state))


def _failed(snapshot: TaskSnapshot) -> bool:
    return snapshot.result is not None and snapshot.result.execution.status is Status.INTERNAL_ERROR


def _awaits_a_run(snapshot: TaskSnapshot) -> bool:
    """False where it was redriven before: it waits or runs, or has ended otherwise since. No result at all: it has
    grown too old to be kept, or a redrive stopped half way."""
    return not snapshot.is_queued and (snapshot.result is None or _failed(snapshot))
