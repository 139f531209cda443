"""The runner of one task, from its delivery to its stored result (ADR 0006 says what counts as an attempt).

What the program did is a value; only our failures are exceptions, and none of them leaves ``handle``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from node.application.attempt import Attempt, Attempts
from node.application.hold import TaskLostError
from node.application.installations import PackagesBusyError
from node.application.large_content import names_blobs
from node.application.off_loop import INLINE_BYTES, off_loop
from node.application.package_ports import IndexOutOfReachError
from node.application.ports import Announcer, Delivery, FinishedTask, ResultSink, RunLedger, TaskLog
from node.application.workbench import UnservedLanguageError, Workbench
from node.domain.language import Language
from node.domain.program import OptionRefusedError, Program, program_of
from node.domain.retries import after_failure, before_start, for_others, given_up
from node.domain.rules import CheckMode, Finding, check
from node.domain.sandbox import SandboxLostError
from node.domain.sources import UnusableSourceError
from schemas.execution import CaseResult, Execution, TaskEvent
from schemas.status import DeadReason, Status
from schemas.task import TaskMessage
from schemas.trace import trace_id

Clock = Callable[[], float]
"""Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class RunnerPolicy:
    """Whose runner it is, and what it allows."""

    node_id: str
    max_attempts: int = 3
    """A task that was begun this often without a result is poison."""
    check_mode: CheckMode = CheckMode.OFF


class TaskRunner:
    """Runs delivered tasks and settles each with the bus: stored, handed back or buried."""

    def __init__(
        self,
        policy: RunnerPolicy,
        workbench: Workbench,
        *,
        sink: ResultSink,
        announcer: Announcer,
        ledger: RunLedger,
        attempts: Attempts,
        log: TaskLog,
        clock: Clock,
        lost_after_s: Callable[[], float],
        on_unserved: Callable[[], None] = lambda: None,
    ) -> None:
        """``lost_after_s``: without a confirmation from the bus for so long, a task is somebody else's.
        ``on_unserved`` is told of each task that this node cannot run, before it is handed back."""
        self._on_unserved = on_unserved
        self._policy = policy
        self._workbench = workbench
        self._sink = sink
        self._announcer = announcer
        self._ledger = ledger
        self._attempts = attempts
        self._log = log
        self._clock = clock
        self._lost_after_s = lost_after_s

    async def handle(self, delivery: Delivery) -> None:
        """Runs one delivered task and settles it. Raises nothing but CancelledError, and then the task is handed
        back."""
        if delivery.task.id in self._attempts:
            return  # redelivered to us while we still run it: the first delivery's acknowledgement settles both
        attempt = Attempt(
            delivery,
            self._policy.node_id,
            self._clock(),
            lost_after_s=self._lost_after_s(),
            message_bytes=self._sink.max_bytes,
        )
        self._attempts.enter(attempt)
        try:
            await self._handle(attempt)
        except asyncio.CancelledError:
            self._prepared(attempt)
            await delivery.retry_in(0)
            raise
        except Exception as error:  # noqa: BLE001 - no task may stop a task loop; it comes again after the ack wait
            self._log.trouble("task_left_unacknowledged", delivery.task.id, error)
        finally:
            self._attempts.leave(attempt)

    async def _handle(self, attempt: Attempt) -> None:
        found, number = await self._past(attempt.delivery)
        if found is not None:
            await self._settle(attempt.delivery, found)
            return
        attempt.number, attempt.started_ms = number, self._clock()
        if number > self._policy.max_attempts:
            await self._bury(attempt, f"begun {number - 1} times, never finished")
            return
        try:
            async with attempt.hold.working(), attempt.listening():
                execution = await self._execute(attempt)
        except TaskLostError:  # said to nobody: an answer to a delivery that is over would meet somebody else's
            self._log.trouble("task_lost", attempt.task.id, "the bus did not confirm that it is ours")
        except UnservedLanguageError as error:
            self._on_unserved()
            await self._hand_back(attempt, str(error))
        except SandboxLostError as error:
            await self._hand_back(attempt, f"the sandbox was lost: {error}")
        except IndexOutOfReachError as error:
            await self._hand_back(attempt, f"its packages could not be installed: {error}")
        except PackagesBusyError as error:
            await self._hand_back(attempt, str(error), pause_s=for_others(attempt.delivery.attempt))
        except Exception as error:  # noqa: BLE001 - our failure, whatever it is: another try, then a dead letter
            self._log.trouble("task_failed_on_us", attempt.task.id, error)
            await self._hand_back(attempt, f"{type(error).__name__}: {error}")
        else:
            await self._store_then_acknowledge(attempt, execution)

    async def _past(self, delivery: Delivery) -> tuple[Execution | None, int]:
        """The result that the task has already, and which attempt this one is. A first delivery has no past."""
        if delivery.attempt <= 1:
            return None, delivery.attempt
        return await asyncio.gather(self._result_so_far(delivery.task), self._attempt_number(delivery))

    async def _result_so_far(self, task: TaskMessage) -> Execution | None:
        """None also where nobody can tell: then the task runs, and of two results the first stays."""
        try:
            return await self._sink.find(task.reply)
        except (OSError, TimeoutError) as error:
            self._log.trouble("stored_result_unknown", task.id, error)
            return None

    async def _attempt_number(self, delivery: Delivery) -> int:
        """Deliveries count hand-backs too, so from the second one on the ledger says how often the task was begun."""
        try:
            return 1 + await self._ledger.starts(delivery.task.id)
        except (OSError, TimeoutError) as error:
            self._log.trouble("attempts_unknown", delivery.task.id, error)
            return delivery.attempt

    async def _settle(self, delivery: Delivery, found: Execution) -> None:
        """A node stored the result and went no further. It is not run again; what that node had still to say is said:
        the event, which may be there twice then, and a dead letter where it had given the task up."""
        self._log.trouble("task_came_again_with_a_result", found.id, f"stored by {found.node_id or 'a gateway'}")
        self._announcer.event(TaskEvent.of(found, delivery.task, found.finished_at_ms or int(self._clock())))
        if found.status is Status.INTERNAL_ERROR:
            await delivery.bury(DeadReason.POISON, found.error)
        else:
            await delivery.done()

    async def _execute(self, attempt: Attempt) -> Execution:
        task = attempt.task
        language, attempt.language_version = self._workbench.language(
            task.language, task.language_version, task.test_framework
        )
        attempt.language = language.name
        expired = _expired(attempt)
        if expired is not None:
            return expired
        if names_blobs(task):
            await self._preparing(attempt)
        missing = await self._workbench.fetch(attempt)
        if missing:
            return attempt.execution(Status.REJECTED, error=missing)
        task = attempt.task
        size = sum(len(file.held) for file in task.files)
        if not attempt.preparing and (size > INLINE_BYTES or attempt.delivery.attempt > 1):
            await self._preparing(attempt)
        try:
            program, findings = await off_loop(size, lambda: self._checked(attempt, language))
        except (OptionRefusedError, UnusableSourceError) as error:
            return attempt.execution(Status.REJECTED, error=str(error))
        if findings and self._policy.check_mode is CheckMode.REJECT:
            return attempt.execution(Status.REJECTED, error=str(findings[0]))
        attempt.warnings = [str(finding) for finding in findings]
        attempt.on_begin = lambda: self._begin(attempt)
        attempt.on_case = lambda index, result: self._tell(attempt, (index, result))
        return await self._workbench.execute(attempt, program)

    async def _preparing(self, attempt: Attempt) -> None:
        """A task that takes its node with it before it runs leaves this behind, and counts as begun. A first delivery
        of few bytes has nothing that could, and goes without: only from the second one on does it cost a message."""
        attempt.preparing = True
        await self._ledger.preparing(attempt.event(attempt.execution(Status.QUEUED), self._clock()))

    def _prepared(self, attempt: Attempt) -> None:
        if attempt.preparing:
            attempt.preparing = False
            self._ledger.prepared(attempt.event(attempt.execution(Status.QUEUED), self._clock()))

    def _begin(self, attempt: Attempt) -> None:
        self._announce(attempt, attempt.execution(Status.RUNNING), self._clock())
        self._prepared(attempt)
        self._tell(attempt)

    def _tell(self, attempt: Attempt, case: tuple[int, CaseResult] | None = None) -> None:
        """Tells its callback that it runs, or of a case, where that was asked for."""
        message = attempt.progress(self._clock(), case)
        if message is not None:
            self._announcer.progress(message)

    def _checked(self, attempt: Attempt, language: Language) -> tuple[Program, list[Finding]]:
        """The submitted program, and what the code check says of it. Raises OptionRefusedError, UnusableSourceError."""
        task = attempt.task
        program = program_of(
            language,
            attempt.language_version,
            task.files,
            entry_point=task.entry_point,
            options=task.compile_options,
            env=task.env,
        )
        checked = self._policy.check_mode is not CheckMode.OFF
        return program, check(language.rules, program.files) if checked else []

    def _announce(self, attempt: Attempt, execution: Execution, at_ms: float) -> None:
        self._announcer.event(attempt.event(execution, at_ms))

    async def _store_then_acknowledge(self, attempt: Attempt, execution: Execution) -> None:
        """The moment of acknowledgement: only after the result, ours or a faster node's, is stored."""
        finished_ms = self._clock()
        execution = execution.finished(int(finished_ms))
        stored = await self._store(attempt, execution)
        if stored:  # told first, so that both leave together
            self._announce(attempt, execution, finished_ms)
        await attempt.delivery.done()
        self._log.finished(_log_line(attempt, execution, stored=stored, now_ms=self._clock()))

    async def _store(self, attempt: Attempt, execution: Execution) -> bool:
        return await self._sink.store(attempt.result(execution), attempt.task.reply)

    async def _hand_back(self, attempt: Attempt, why: str, *, pause_s: float | None = None) -> None:
        """Another try, here or elsewhere, unless this was the last one. ``pause_s`` None: as is usual."""
        deliveries = attempt.delivery.attempt
        if attempt.cancelled:
            await self._store_then_acknowledge(attempt, attempt.execution(Status.CANCELLED, error=f"cancelled; {why}"))
        elif given_up(attempt.number, self._policy.max_attempts, deliveries, begun=attempt.begun):
            await self._bury(attempt, why)
        else:
            self._log.trouble("task_handed_back", attempt.task.id, why)
            self._prepared(attempt)
            if pause_s is None:
                pause_s = after_failure(attempt.number) if attempt.begun else before_start(deliveries)
            await attempt.delivery.retry_in(pause_s)

    async def _bury(self, attempt: Attempt, why: str) -> None:
        """Poison: an INTERNAL_ERROR is stored for whoever waits, and the task goes to the dead letters."""
        attempt.number = min(attempt.number, self._policy.max_attempts)
        finished_ms = self._clock()
        error = f"gave up at attempt {attempt.number}, delivery {attempt.delivery.attempt}: {why}"
        execution = attempt.execution(Status.INTERNAL_ERROR, error=error).finished(int(finished_ms))
        if await self._store(attempt, execution):
            self._announce(attempt, execution, finished_ms)
        self._log.trouble("task_buried", attempt.task.id, error)
        await attempt.delivery.bury(DeadReason.POISON, error)


def _expired(attempt: Attempt) -> Execution | None:
    """None also for a task that was begun before: its deadline was kept."""
    expires = attempt.task.expires_at_ms
    if expires is None or attempt.started_ms <= expires or attempt.number > 1:
        return None
    waited_ms = expires - attempt.task.submitted_at_ms
    return attempt.execution(Status.EXPIRED, error=f"not started within {waited_ms} ms")


def _log_line(attempt: Attempt, execution: Execution, *, stored: bool, now_ms: float) -> FinishedTask:
    task = attempt.task
    ran = [stage for stage in (execution.run, *(case.stage for case in execution.cases)) if stage]
    return FinishedTask(
        execution=execution,
        client=task.client,
        pool=task.pool,
        priority=task.priority.value,
        compile_ms=execution.compile.wall_ms if execution.compile else 0.0,
        run_ms=sum(stage.wall_ms for stage in ran),
        total_ms=now_ms - attempt.started_ms,
        stored=stored,
        cached=attempt.cached,
        trace_id=trace_id(task.traceparent),
    )
