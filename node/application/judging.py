"""The judge of a task with cases: runs the program per case and decides by comparison or by a checker program."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from node.application import diagnosing
from node.application.attempt import Attempt
from node.application.live_output import LiveOutput
from node.application.off_loop import off_loop
from node.application.ports import Announcer, Sandbox, SandboxPool
from node.domain.comparison import accepts
from node.domain.program import Runnable, run_launch
from node.domain.sandbox import Launch, Outcome, Role
from node.domain.verdict import as_its_runtime_says, case_verdict, checker_verdict, explain, run_status, stage_of
from schemas.content import bytes_of
from schemas.diagnostic import Diagnostic
from schemas.execution import CaseResult, case_stage
from schemas.status import Status, Verdict
from schemas.task import Limits, TestCase

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


CHECKER_PROGRAM_BYTES = CHECKER_LIMITS.disk_bytes - (8 << 20)
"""Of its own files: the rest of its disk is for what it judges, and for itself."""


def widest(limits: Limits, cases: list[TestCase]) -> Limits:
    """The limits that a slot must grant so that every case can have its own limits in it. Memory is set for each run:
    the slot is taken for what the first one needs."""
    every = [case.limits or limits for case in cases]
    widest_of_each = {name: max(getattr(one, name) for one in every) for name in Limits.__struct_fields__}
    return Limits(**{**widest_of_each, "memory_bytes": every[0].memory_bytes})


def undecided(attempt: Attempt, verdict: Verdict, words: str) -> list[CaseResult]:
    """Cases of a task that nothing was run for."""
    return [
        attempt.budget.case(CaseResult(name=_name(case, index), verdict=verdict, stage=None, checker_output=words))
        for index, case in enumerate(attempt.task.cases)
    ]


class Judge:
    """Runs a program once per case and gives each case its verdict."""

    def __init__(self, pool: SandboxPool, announcer: Announcer) -> None:
        self._pool = pool
        self._announcer = announcer

    async def judge(
        self, attempt: Attempt, runnable: Runnable, checker: Runnable | None
    ) -> tuple[list[CaseResult], list[Diagnostic]]:
        """Runs the program for each case: one result per case, in order, and the diagnostics of the first case that has
        any. Raises SandboxLostError. A checker runs in a
        slot of its own language, and no slot is held while another is waited for: two tasks must never wait for each
        other's."""
        if checker is not None:
            return await self._each(attempt, runnable, checker, None)
        limits = widest(attempt.task.limits, attempt.task.cases)
        async with self._pool.slot(runnable.program.language, Role.RUN, limits) as sandbox:
            return await self._each(attempt, runnable, None, sandbox)

    async def _each(
        self, attempt: Attempt, runnable: Runnable, checker: Runnable | None, sandbox: Sandbox | None
    ) -> tuple[list[CaseResult], list[Diagnostic]]:
        results: list[CaseResult] = []
        found: list[Diagnostic] = []
        stopped = False
        for index, case in enumerate(attempt.task.cases):
            name = _name(case, index)
            if stopped or attempt.cancelled:
                results.append(CaseResult(name=name, verdict=Verdict.SKIPPED, stage=None, checker_output=""))
                continue
            launch = self._launch(attempt, runnable, case)
            live = LiveOutput(self._announcer, attempt, case_stage(index))
            ended = await self._run(attempt, runnable, sandbox, launch, live)
            outcome = as_its_runtime_says(ended, runnable.program.language)
            result = await self._verdict(attempt, name, case, outcome, checker)
            if not found:
                found = await diagnosing.of_run(
                    runnable.program,
                    case_stage(index),
                    outcome,
                    result.stage,
                    launch.limits,
                    stdin_bytes=len(launch.stdin),
                )
            results.append(await off_loop(_size(result), partial(attempt.budget.case, result)))
            attempt.on_case(index, results[-1])
            stopped = attempt.task.stop_at_first_failure and result.verdict is not Verdict.ACCEPTED
        return results, found

    def _launch(self, attempt: Attempt, runnable: Runnable, case: TestCase) -> Launch:
        limits = case.limits or attempt.task.limits
        redirect_stderr = attempt.task.redirect_stderr
        return run_launch(runnable, stdin=case.input, args=case.args, limits=limits, redirect_stderr=redirect_stderr)

    async def _run(
        self, attempt: Attempt, runnable: Runnable, sandbox: Sandbox | None, launch: Launch, live: LiveOutput
    ) -> Outcome:
        try:
            if sandbox is not None:
                return await attempt.run(sandbox, launch, live)
            async with self._pool.slot(runnable.program.language, Role.RUN, launch.limits) as own:
                return await attempt.run(own, launch, live)
        finally:
            live.close()

    async def _verdict(
        self, attempt: Attempt, name: str, case: TestCase, outcome: Outcome, checker: Runnable | None
    ) -> CaseResult:
        stage = await off_loop(outcome.output_bytes, lambda: stage_of(outcome))
        status = run_status(outcome)
        if status is Status.SUCCEEDED and checker is not None:
            verdict, words = await self._checked(attempt, case, outcome, checker)
            return CaseResult(name=name, verdict=verdict, stage=stage, checker_output=words)
        readable = status is Status.SUCCEEDED and not stage.stdout_invalid_utf8  # U+FFFD for a byte is nobody's answer
        accepted = readable and await off_loop(
            min(len(stage.stdout), len(case.expected_output)),
            lambda: accepts(case.comparison, stage.stdout, case.expected_output),
        )
        return CaseResult(name=name, verdict=case_verdict(status, accepted=accepted), stage=stage, checker_output="")

    async def _checked(
        self, attempt: Attempt, case: TestCase, outcome: Outcome, checker: Runnable
    ) -> tuple[Verdict, str]:
        files = {
            **checker.files,
            "input": bytes_of(case.input),
            "output": outcome.stdout,
            "expected": case.expected_output.encode(),
        }
        launch = run_launch(replace(checker, files=files), stdin="", args=(), limits=CHECKER_LIMITS)
        async with self._pool.slot(checker.program.language, Role.RUN, CHECKER_LIMITS) as sandbox:
            ended = await attempt.run(sandbox, launch, _nobody)
        judged = as_its_runtime_says(ended, checker.program.language)
        said = await off_loop(judged.output_bytes, lambda: stage_of(judged))
        return checker_verdict(judged), said.stdout + said.stderr + explain(judged, CHECKER_LIMITS, "the checker")


def _name(case: TestCase, index: int) -> str:
    return case.name or str(index + 1)


def _size(result: CaseResult) -> int:
    stage = result.stage
    return len(result.checker_output) + (len(stage.stdout) + len(stage.stderr) if stage else 0)


def _nobody(_stream: str, _data: bytes) -> None:
    """A checker's output is part of its case, not live."""
