"""One task, from delivery to stored result.

What the program did is a value; only our failures are exceptions, and none of them leaves ``handle``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from node.application.ports import Announcer, Delivery, FinishedTask, ResultSink, RunLedger, TaskLog
from node.application.reports import Run, event_of, execution_of, result_of
from node.application.running import RunningTask, RunningTasks
from node.application.workbench import Produced, UnservedLanguageError, Workbench
from node.domain.program import OptionRefusedError, Program, program_of
from node.domain.retries import after_failure, before_start, given_up
from node.domain.rules import CheckMode, check
from node.domain.sandbox import SandboxLostError
from node.domain.sources import UnusableSourceError
from schemas.execution import Execution
from schemas.status import Status

Clock = Callable[[], float]
"""Unix milliseconds."""

POISON = "poison"
"""Why a task went to the dead letters."""


@dataclass(frozen=True, slots=True)
class Policy:
    node_id: str
    max_attempts: int = 3
    """A task that was begun this often without a result is poison."""
    check_mode: CheckMode = CheckMode.OFF


class TaskRunner:
    def __init__(
        self,
        policy: Policy,
        workbench: Workbench,
        *,
        sink: ResultSink,
        announcer: Announcer,
        ledger: RunLedger,
        running: RunningTasks,
        log: TaskLog,
        clock: Clock,
    ) -> None:
        self._policy = policy
        self._workbench = workbench
        self._sink = sink
        self._announcer = announcer
        self._ledger = ledger
        self._running = running
        self._log = log
        self._clock = clock

    async def handle(self, delivery: Delivery) -> None:
        """Raises nothing but CancelledError, and then the task is handed back."""
        if delivery.task.id in self._running:
            return  # redelivered to us while we still run it: the first delivery's acknowledgement settles both
        running = self._running.enter(delivery)
        try:
            await self._attempt(running)
        except asyncio.CancelledError:
            await delivery.retry_in(0)
            raise
        except Exception as error:  # noqa: BLE001 - no task may stop a slot; it comes again after the ack wait
            self._log.trouble("task left unacknowledged", delivery.task.id, error)
        finally:
            self._running.leave(running)

    async def _attempt(self, running: RunningTask) -> None:
        delivery = running.delivery
        found, attempt = await self._past(delivery)
        if found is not None:
            await self._settle(delivery, found)
            return
        run = self._begin(delivery, attempt)
        if run.attempt > self._policy.max_attempts:
            await self._bury(running, run, f"begun {run.attempt - 1} times, never finished")
            return
        try:
            produced = await self._produce(running, run)
        except UnservedLanguageError as error:
            await self._hand_back(running, run, str(error))
        except SandboxLostError as error:
            await self._hand_back(running, run, f"the sandbox was lost: {error}")
        except Exception as error:  # noqa: BLE001 - our failure, whatever it is: another try, then a dead letter
            self._log.trouble("task failed on us", run.task.id, error)
            await self._hand_back(running, run, f"{type(error).__name__}: {error}")
        else:
            await self._store_then_acknowledge(running, run, produced)

    async def _past(self, delivery: Delivery) -> tuple[Execution | None, int]:
        """The result that the task has already, and which attempt this one is. A first delivery has no past."""
        if delivery.attempt <= 1:
            return None, delivery.attempt
        return await asyncio.gather(self._result_so_far(delivery.task.id), self._attempt_number(delivery))

    async def _result_so_far(self, task_id: str) -> Execution | None:
        """None also where nobody can tell: then the task runs, and of two results the first stays."""
        try:
            return await self._sink.find(task_id)
        except (OSError, TimeoutError) as error:
            self._log.trouble("whether there is a result is unknown", task_id, error)
            return None

    async def _attempt_number(self, delivery: Delivery) -> int:
        """Deliveries count hand-backs too, so from the second one on the ledger says how often the task was begun."""
        try:
            return 1 + await self._ledger.starts(delivery.task.id)
        except (OSError, TimeoutError) as error:
            self._log.trouble("attempts unknown, deliveries taken instead", delivery.task.id, error)
            return delivery.attempt

    async def _settle(self, delivery: Delivery, found: Execution) -> None:
        """A node stored the result and went no further. It is not run again; what that node had still to say is said:
        the event, which may be there twice then, and a dead letter where it had given the task up."""
        self._log.trouble("came again with a result", found.id, f"stored by {found.node_id or 'a gateway'}")
        run = Run(delivery.task, found.node_id, found.attempt, self._clock(), found.language, found.language_version)
        self._announcer.event(event_of(run, found.status, found.finished_at_ms or run.started_ms))
        if found.status is Status.INTERNAL_ERROR:
            await delivery.bury(POISON, found.error)
        else:
            await delivery.done()

    def _begin(self, delivery: Delivery, attempt: int) -> Run:
        task = delivery.task
        return Run(task, self._policy.node_id, attempt, self._clock(), task.language, task.language_version)

    async def _produce(self, running: RunningTask, run: Run) -> Produced:
        task = run.task
        language, run.language_version = self._workbench.language(task.language, task.language_version)
        run.language = language.name
        try:
            program = program_of(
                language,
                run.language_version,
                task.files,
                entry_point=task.entry_point,
                options=task.compile_options,
                env=task.env,
            )
        except (OptionRefusedError, UnusableSourceError) as error:
            return Produced(Status.REJECTED, error=str(error))
        refusal = self._refusal(run, program)
        if refusal is not None:
            return refusal
        running.on_begin = lambda: self._announcer.event(event_of(run, Status.RUNNING, self._clock()))
        return await self._workbench.execute(running, program, run.attempt)

    def _refusal(self, run: Run, program: Program) -> Produced | None:
        if self._policy.check_mode is not CheckMode.OFF:
            findings = check(program.language.rules, program.files)
            if findings and self._policy.check_mode is CheckMode.REJECT:
                return Produced(Status.REJECTED, error=str(findings[0]))
            run.warnings = [str(finding) for finding in findings]
        expires = run.task.expires_at_ms
        if expires is not None and run.started_ms > expires:
            return Produced(Status.EXPIRED, error=f"not started within {expires - run.task.submitted_at_ms} ms")
        return None

    async def _store_then_acknowledge(self, running: RunningTask, run: Run, produced: Produced) -> None:
        """The moment of acknowledgement: only after the result, ours or a faster node's, is stored."""
        finished_ms = self._clock()
        execution = execution_of(run, produced, finished_ms)
        stored = await self._sink.store(result_of(run, execution))
        if stored:  # told first, so that both leave together
            self._announcer.event(event_of(run, produced.status, finished_ms))
        await running.delivery.done()
        ran = [stage for stage in (produced.run, *(case.stage for case in produced.cases)) if stage]
        self._log.finished(
            FinishedTask(
                execution=execution,
                client=run.task.client,
                pool=run.task.pool,
                priority=run.task.priority.value,
                compile_ms=produced.compile.wall_ms if produced.compile else 0.0,
                run_ms=sum(stage.wall_ms for stage in ran),
                total_ms=self._clock() - run.started_ms,
                stored=stored,
                cached=produced.cached,
            )
        )

    async def _hand_back(self, running: RunningTask, run: Run, why: str) -> None:
        """Another try, here or elsewhere, unless this was the last one."""
        deliveries = running.delivery.attempt
        if running.cancelled:
            await self._store_then_acknowledge(running, run, Produced(Status.CANCELLED, error=f"cancelled; {why}"))
        elif given_up(run.attempt, self._policy.max_attempts, deliveries, begun=running.begun):
            await self._bury(running, run, why)
        else:
            self._log.trouble("task handed back", run.task.id, why)
            pause_s = after_failure(run.attempt) if running.begun else before_start(deliveries)
            await running.delivery.retry_in(pause_s)

    async def _bury(self, running: RunningTask, run: Run, why: str) -> None:
        """Poison: an INTERNAL_ERROR is stored for whoever waits, and the task goes to the dead letters."""
        run.attempt = min(run.attempt, self._policy.max_attempts)
        finished_ms = self._clock()
        error = f"gave up at attempt {run.attempt}, delivery {running.delivery.attempt}: {why}"
        execution = execution_of(run, Produced(Status.INTERNAL_ERROR, error=error), finished_ms)
        if await self._sink.store(result_of(run, execution)):
            self._announcer.event(event_of(run, Status.INTERNAL_ERROR, finished_ms))
        self._log.trouble("task buried", run.task.id, error)
        await running.delivery.bury(POISON, error)
