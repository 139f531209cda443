"""A task with cases: built once, run per case, each case judged by its comparison or by a checker program."""

from __future__ import annotations

from dataclasses import dataclass

from node.application.live_output import LiveOutput
from node.application.ports import Announcer, Sandbox, SandboxPool
from node.application.running import RunningTask
from node.domain.judge import accepts
from node.domain.program import Built, Program, run_launch
from node.domain.sandbox import Launch, Outcome, Role
from node.domain.verdict import case_verdict, checker_verdict, explain, run_status, stage_of
from schemas.execution import CaseResult
from schemas.status import Status, Verdict
from schemas.task import Limits, TaskMessage, TestCase

CHECKER_LIMITS = Limits(
    cpu_ms=5_000,
    wall_ms=10_000,
    memory_bytes=256 << 20,  # what waiting slots grant: any other amount costs a warm one, with every case
    processes=64,
    output_bytes=16 << 10,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)


@dataclass(frozen=True, slots=True)
class ReadyProgram:
    program: Program
    built: Built


def widest(limits: Limits, cases: list[TestCase]) -> Limits:
    """What a slot must grant so that every case can have its own limits in it. Memory is set for each run: the slot is
    taken for what the first one needs."""
    every = [case.limits or limits for case in cases]
    most = {name: max(getattr(one, name) for one in every) for name in Limits.__struct_fields__}
    return Limits(**{**most, "memory_bytes": every[0].memory_bytes})


def undecided(task: TaskMessage, verdict: Verdict, words: str) -> list[CaseResult]:
    """Cases of a task that nothing was run for."""
    return [
        CaseResult(name=_name(case, index), verdict=verdict, stage=None, checker_output=words)
        for index, case in enumerate(task.cases)
    ]


class Judge:
    def __init__(self, pool: SandboxPool, announcer: Announcer) -> None:
        self._pool = pool
        self._announcer = announcer

    async def judge(
        self, running: RunningTask, ready: ReadyProgram, checker: ReadyProgram | None, attempt: int
    ) -> list[CaseResult]:
        """One result per case, in order. Raises SandboxLostError. A checker runs in a slot of its own language, and no
        slot is held while another is waited for: two tasks must never wait for each other's."""
        if checker is not None:
            return await self._each(running, attempt, ready, checker, None)
        limits = widest(running.task.limits, running.task.cases)
        async with self._pool.slot(ready.program.language, Role.RUN, limits) as sandbox:
            return await self._each(running, attempt, ready, None, sandbox)

    async def _each(
        self,
        running: RunningTask,
        attempt: int,
        ready: ReadyProgram,
        checker: ReadyProgram | None,
        sandbox: Sandbox | None,
    ) -> list[CaseResult]:
        results: list[CaseResult] = []
        stopped = False
        for index, case in enumerate(running.task.cases):
            name = _name(case, index)
            if stopped or running.cancelled:
                results.append(CaseResult(name=name, verdict=Verdict.SKIPPED, stage=None, checker_output=""))
                continue
            launch = self._launch(running, ready, case)
            live = LiveOutput(self._announcer, running.task.id, attempt, f"case:{index}")
            outcome = await self._run(running, ready.program, sandbox, launch, live)
            result = await self._verdict(running, name, case, outcome, checker)
            results.append(result)
            stopped = running.task.stop_at_first_failure and result.verdict is not Verdict.ACCEPTED
        return results

    def _launch(self, running: RunningTask, ready: ReadyProgram, case: TestCase) -> Launch:
        limits = case.limits or running.task.limits
        return run_launch(ready.program, ready.built, stdin=case.stdin, args=case.args, limits=limits)

    async def _run(
        self, running: RunningTask, program: Program, sandbox: Sandbox | None, launch: Launch, live: LiveOutput
    ) -> Outcome:
        try:
            if sandbox is not None:
                return await running.run(sandbox, launch, live)
            async with self._pool.slot(program.language, Role.RUN, launch.limits) as own:
                return await running.run(own, launch, live)
        finally:
            live.close()

    async def _verdict(
        self, running: RunningTask, name: str, case: TestCase, outcome: Outcome, checker: ReadyProgram | None
    ) -> CaseResult:
        stage = stage_of(outcome)
        status = run_status(outcome)
        if status is Status.SUCCEEDED and checker is not None:
            verdict, words = await self._checked(running, case, outcome, checker)
            return CaseResult(name=name, verdict=verdict, stage=stage, checker_output=words)
        readable = status is Status.SUCCEEDED and not stage.stdout_invalid_utf8  # U+FFFD for a byte is nobody's answer
        accepted = readable and accepts(case.comparison, stage.stdout, case.expected_output)
        return CaseResult(name=name, verdict=case_verdict(status, accepted=accepted), stage=stage, checker_output="")

    async def _checked(
        self, running: RunningTask, case: TestCase, outcome: Outcome, checker: ReadyProgram
    ) -> tuple[Verdict, str]:
        files = {
            **checker.built.files,
            "input": case.stdin.encode(),
            "output": outcome.stdout,
            "expected": case.expected_output.encode(),
        }
        built = Built(files, checker.built.executables)
        launch = run_launch(checker.program, built, stdin="", args=(), limits=CHECKER_LIMITS)
        async with self._pool.slot(checker.program.language, Role.RUN, CHECKER_LIMITS) as sandbox:
            judged = await running.run(sandbox, launch, _nobody)
        said = stage_of(judged)
        return checker_verdict(judged), said.stdout + said.stderr + explain(judged, CHECKER_LIMITS, "the checker")


def _name(case: TestCase, index: int) -> str:
    return case.name or str(index + 1)


def _nobody(_stream: str, _data: bytes) -> None:
    """A checker's output is part of its case, not live."""
