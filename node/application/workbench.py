"""One task on the bench: built, then run once or per case."""

from __future__ import annotations

from dataclasses import dataclass, field

from node.application.building import Build, Builder
from node.application.judging import CHECKER_LIMITS, Judge, ReadyProgram, undecided
from node.application.live_output import LiveOutput
from node.application.ports import Announcer, ArtefactStore, SandboxPool
from node.application.running import RunningTask
from node.domain.language import Language
from node.domain.program import Built, Program, program_of, run_launch
from node.domain.sandbox import Role
from node.domain.verdict import explain, run_status, stage_of, summary
from schemas.execution import CaseResult, Stage
from schemas.status import Status, Verdict
from schemas.task import TaskMessage


class UnservedLanguageError(LookupError):
    """This node does not run that language, or not that version of it; another may."""


@dataclass(frozen=True, slots=True)
class Produced:
    """What came of a task, without the circumstances."""

    status: Status
    compile: Stage | None = None
    run: Stage | None = None
    cases: list[CaseResult] = field(default_factory=list)
    error: str = ""
    cached: bool = False


class Workbench:
    def __init__(self, pool: SandboxPool, artefacts: ArtefactStore, announcer: Announcer) -> None:
        self._pool = pool
        self._announcer = announcer
        self._builder = Builder(pool, artefacts, announcer)
        self._judge = Judge(pool, announcer)

    def language(self, name: str, version: str) -> tuple[Language, str]:
        """The language and its probed version; ``version`` is a prefix by parts ("3" and "3.13" match "3.13.5").
        Raises UnservedLanguageError."""
        for language, probed in self._pool.languages():
            if name == language.name or name in language.aliases:
                if version and not f"{probed}.".startswith(f"{version}."):
                    raise UnservedLanguageError(f"this node has {name} {probed}, not {version}")
                return language, probed
        raise UnservedLanguageError(f"this node does not run {name}")

    async def execute(self, running: RunningTask, program: Program, attempt: int) -> Produced:
        """Raises SandboxLostError, UnservedLanguageError (of a checker), ValueError (of a checker's files)."""
        build = await self._builder.build(running, program, attempt)
        if build.built is None:
            return _not_built(build)
        if running.task.cases:
            return await self._judged(running, ReadyProgram(program, build.built), build, attempt)
        return await self._run(running, program, build.built, build, attempt)

    async def _run(self, running: RunningTask, program: Program, built: Built, build: Build, attempt: int) -> Produced:
        task = running.task
        launch = run_launch(program, built, stdin=task.stdin, args=task.args, limits=task.limits)
        live = LiveOutput(self._announcer, task.id, attempt, "run")
        async with self._pool.slot(program.language, Role.RUN, task.limits) as sandbox:
            try:
                outcome = await running.run(sandbox, launch, live)
            finally:
                live.close()
        return Produced(
            run_status(outcome),
            compile=build.stage,
            run=stage_of(outcome),
            error=explain(outcome, task.limits, "the program"),
            cached=build.cached,
        )

    async def _judged(self, running: RunningTask, ready: ReadyProgram, build: Build, attempt: int) -> Produced:
        checker = await self._checker(running, attempt)
        if isinstance(checker, Build):
            return _unchecked(running.task, build, checker)
        cases = await self._judge.judge(running, ready, checker, attempt)
        status = summary(cases, cancelled=running.cancelled)
        return Produced(status, compile=build.stage, cases=cases, cached=build.cached)

    async def _checker(self, running: RunningTask, attempt: int) -> ReadyProgram | Build | None:
        """A Build where it failed."""
        checker = running.task.checker
        if checker is None:
            return None
        language, version = self.language(checker.language, checker.language_version)
        program = program_of(language, version, checker.files)
        build = await self._builder.build(running, program, attempt)
        return build if build.built is None else ReadyProgram(program, build.built)


def _not_built(build: Build) -> Produced:
    return Produced(build.status or Status.COMPILE_ERROR, compile=build.stage, error=build.error)


def _unchecked(task: TaskMessage, build: Build, checker: Build) -> Produced:
    """The checker was not built. That is not the fault of the program, whose compilation is still told."""
    if checker.status is Status.CANCELLED:
        return Produced(Status.CANCELLED, compile=build.stage, cases=undecided(task, Verdict.SKIPPED, ""))
    said = checker.stage.stdout + checker.stage.stderr if checker.stage else ""
    words = (said + checker.error)[: CHECKER_LIMITS.output_bytes]
    cases = undecided(task, Verdict.CHECKER_ERROR, words)
    return Produced(Status.FAILED, compile=build.stage, cases=cases, error="the checker does not compile")
