"""The attempts in this node's hands (ADR 0006): what is known of each, the messages that tell of it, and how it is
cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence, Set
from contextlib import asynccontextmanager

import msgspec

from node.application.hold import Hold
from node.application.ports import Delivery, OnOutput, Sandbox
from node.application.talk import Talk
from node.domain.output_budget import OutputBudget
from node.domain.sandbox import Launch, Outcome
from node.domain.verdict import CANCELLED_BEFORE_START
from schemas.answers import why_not_kept
from schemas.diagnostic import Diagnostic
from schemas.execution import CaseResult, Execution, ResultMessage, Stage, TaskEvent
from schemas.kept_source import KeptSource
from schemas.names import task_digest
from schemas.output_file import OutputFile
from schemas.progress import ProgressMessage
from schemas.status import Status
from schemas.task import TaskMessage
from schemas.test_result import TestResult

KILL_AGAIN_S = 0.2
"""A kill that met a program before it had started is sent again after this."""


def _budget_of(task: TaskMessage, message_bytes: int) -> OutputBudget:
    source = KeptSource.of(task)
    return OutputBudget(
        stages=1 + max(1, len(task.cases)),
        message_bytes=message_bytes - (source.json_bytes() if source is not None else 0),
        large=task.large_result,
    )


class Attempt:
    """One node's attempt at one task, from delivery to acknowledgement. Times are Unix milliseconds."""

    def __init__(
        self,
        delivery: Delivery,
        node_id: str,
        started_ms: float,
        *,
        lost_after_s: float = 6.0,
        message_bytes: int = 8 << 20,
    ) -> None:
        """``message_bytes``: the most that the store of results takes for one."""
        self.delivery = delivery
        self.submitted = delivery.task
        """As its message has it: blobs have their digests alone."""
        self.task = delivery.task
        """The same, with what its blobs hold once they were fetched."""
        self.node_id = node_id
        self.number = delivery.attempt
        """1 for the first attempt of any node. Deliveries may be more: those that started nothing do not count."""
        self.started_ms = started_ms
        self.language = self.task.language
        """As the task names it, until it is known by its proper name."""
        self.language_version = self.task.language_version
        """As the task asks for it, until the exact one is known."""
        self.warnings: list[str] = []
        self.digest = ""
        """What runs it (``SandboxPool.digest``), the checker's behind a plus sign; empty where nothing did yet."""
        self.varies = ""
        """The sign that it may end otherwise when it runs again; empty where none was found."""
        self.budget = _budget_of(self.task, message_bytes)
        self.cached = False
        """True where its artefacts were there already."""
        self.cancelled = False
        self.cancelling = asyncio.Event()
        """Set once it is cancelled."""
        self.packages: tuple[str, ...] = ()
        """Those that it has, each as ``name==version``."""
        self.installation: Stage | None = None
        """What was installed for it, where that was done now: told in the place of a compilation."""
        self.preparing = False
        """True while the ledger knows that this node looks at it and has run nothing of it."""
        self.begun = False
        """True once something of it was started in a slot."""
        self.on_begin: Callable[[], None] = _nothing
        self.on_case: Callable[[int, CaseResult], None] = _nobody
        """Is told of each case that has its verdict, with its index."""
        self.hold = Hold(lost_after_s)
        self.talk = Talk(self.task.interaction) if self.task.interaction is not None else None
        self._sandbox: Sandbox | None = None

    @property
    def queued_ms(self) -> float:
        """How long the task waited. Clocks of two machines may differ: never below 0."""
        return max(0.0, self.started_ms - self.task.submitted_at_ms)

    async def run(self, sandbox: Sandbox, launch: Launch, on_output: OnOutput) -> Outcome:
        """Runs one launch of it in a slot, unless it was cancelled before. Raises SandboxLostError."""
        if self.cancelled:
            return CANCELLED_BEFORE_START
        self.begin()
        if self.talk is not None:
            self.talk.start()
        self._sandbox = sandbox
        try:
            return await sandbox.run(launch, on_output)
        finally:
            self._sandbox = None

    def begin(self) -> None:
        """Tells, the first time, that something of it runs now."""
        if not self.begun:
            self.begun = True
            self.on_begin()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """While it is worked on it is ended where nobody talks to it that should."""
        watch = asyncio.create_task(self.talk.watch(self.cancel)) if self.talk is not None else None
        try:
            yield
        finally:
            if watch is not None:
                watch.cancel()

    async def keep_alive(self, within_s: float) -> None:
        """Tells the bus that it is still worked on. Where that is not confirmed, it will be lost."""
        asked_at = asyncio.get_running_loop().time()
        if await self.delivery.keep_alive(within_s):
            self.hold.renew(asked_at)

    async def cancel(self) -> None:
        """Kills it: returns once nothing of it runs any more, and nothing of it will be started after this was
        called."""
        self.cancelled = True
        self.cancelling.set()
        while self._sandbox is not None:
            await self._sandbox.kill()
            if self._sandbox is not None:
                await asyncio.sleep(KILL_AGAIN_S)

    def execution(
        self,
        status: Status,
        *,
        compile_stage: Stage | None = None,
        run_stage: Stage | None = None,
        cases: Sequence[CaseResult] = (),
        error: str = "",
        diagnostics: Sequence[Diagnostic] = (),
        files: Sequence[OutputFile] = (),
        tests: Sequence[TestResult] = (),
    ) -> Execution:
        """The task in the state ``status``, with what this attempt knows of it by now."""
        return msgspec.structs.replace(
            Execution.queued(self.task),
            status=status,
            language=self.language,
            language_version=self.language_version,
            node_id=self.node_id,
            attempt=self.number,
            queued_ms=self.queued_ms,
            compile=compile_stage or self.installation,
            run=run_stage,
            cases=list(cases),
            warnings=[*self.warnings, *self.budget.words()],
            error=error,
            diagnostics=list(diagnostics),
            files=list(files),
            tests=list(tests),
            not_kept=self.varies if self.task.keeps_answer else "",
            packages=list(self.packages),
        )

    def result(self, execution: Execution) -> ResultMessage:
        """The message that stores ``execution`` as this task's result."""
        if self.task.keeps_answer:
            execution = msgspec.structs.replace(execution, not_kept=execution.not_kept or why_not_kept(execution))
        return ResultMessage.of(execution, self.submitted, digest=self.digest)

    def progress(self, at_ms: float, case: tuple[int, CaseResult] | None = None) -> ProgressMessage | None:
        """The message that tells its callback that it runs, or that this ``case`` has its verdict; None where nobody
        asked for that."""
        if self.task.callback is None or not self.task.callback.events:
            return None
        return ProgressMessage.of(self.execution(Status.RUNNING), self.task, int(at_ms), case)

    def event(self, execution: Execution, at_ms: float) -> TaskEvent:
        """The message that announces the state of ``execution``."""
        return TaskEvent.of(execution, self.task, int(at_ms))


def _nothing() -> None:
    pass


def _nobody(_index: int, _result: CaseResult) -> None:
    pass


class Attempts:
    """All attempts in this node's hands, by task id."""

    def __init__(self) -> None:
        self._by_task_id: dict[str, Attempt] = {}
        self._left = asyncio.Event()

    def __len__(self) -> int:
        return len(self._by_task_id)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(tuple(self._by_task_id.values()))

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._by_task_id

    def enter(self, attempt: Attempt) -> None:
        """Takes an attempt into our hands: from now on it is kept alive, and found by a cancel order."""
        self._by_task_id[attempt.task.id] = attempt

    def leave(self, attempt: Attempt) -> None:
        """Drops an attempt that is settled."""
        self._by_task_id.pop(attempt.task.id, None)
        self._left.set()

    async def wait_until_settled(self, attempts: Set[Attempt]) -> None:
        """Waits until none of these is in our hands."""
        while attempts & set(self):
            self._left.clear()
            await self._left.wait()

    def get(self, task_id: str) -> Attempt | None:
        """The attempt at that task, where this node has it in its hands."""
        return self._by_task_id.get(task_id)

    def of_digest(self, digest: str) -> Attempt | None:
        """The attempt at the task of that digest (``names.task_digest``), where this node has it in its hands."""
        return next((attempt for attempt in self if task_digest(attempt.task.id) == digest), None)

    def keep_alive_every_s(self, ack_wait_s: float) -> float:
        """How often each of them is to be kept alive: three times in the ack wait, and in the shortest hold. What came
        before a consumer had told the ack wait is held for less."""
        return min([ack_wait_s, *(attempt.hold.for_s for attempt in self)]) / 3

    async def keep_alive(self, within_s: float) -> None:
        """Tells the bus once that every one of them is still worked on, and waits for it to confirm that."""
        await asyncio.gather(*(attempt.keep_alive(within_s) for attempt in self))
