"""The executor of one task: finds its language, builds its program, then runs it once or per case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from node.application import diagnosing
from node.application.attempt import Attempt
from node.application.building import Build, Builder
from node.application.judging import CHECKER_LIMITS, CHECKER_PROGRAM_BYTES, Judge, undecided
from node.application.large_content import LargeContent, names_blobs
from node.application.live_output import LiveOutput
from node.application.off_loop import off_loop
from node.application.packages import Packages
from node.application.ports import Announcer, ArtefactStore, SandboxPool
from node.domain.answers import varies
from node.domain.language import Language
from node.domain.layers import Installation, Layer, with_layer
from node.domain.program import Program, Runnable, program_of, run_launch
from node.domain.reported_tests import NO_TESTS, Reported, reported, status_with_tests
from node.domain.sandbox import Outcome, Role, Talking
from node.domain.sandbox import OutputFile as LeftFile
from node.domain.sizes import LARGE_OUTPUT_FILES_BYTES, OUTPUT_FILES_BYTES, STORED_FILES_BYTES, unplaceable
from node.domain.verdict import as_its_runtime_says, explain, run_status, stage_of, summary
from schemas.diagnostic import Diagnostic
from schemas.execution import RUN_STAGE, Execution, Stage
from schemas.output_file import OutputFile
from schemas.packages import first_fault
from schemas.status import Status, Verdict
from schemas.task import TaskMessage
from schemas.versions import version_matches


class UnservedLanguageError(LookupError):
    """This node does not run that language, or not that version of it; another may."""


class Workbench:
    """Executes programs in slots of the pool. What a program did is an Execution; only our failures are exceptions."""

    def __init__(
        self,
        pool: SandboxPool,
        artefacts: ArtefactStore,
        announcer: Announcer,
        large: LargeContent | None = None,
        packages: Packages | None = None,
    ) -> None:
        """``large`` None: tasks with blobs are refused, and large files of programs are left out; ``packages`` None:
        tasks with packages are another node's."""
        self._large = large
        self._packages = packages
        self._pool = pool
        self._announcer = announcer
        self._builder = Builder(pool, artefacts, announcer)
        self._judge = Judge(pool, announcer)

    async def fetch(self, attempt: Attempt) -> str:
        """Fetches the blobs of its task, and says why that cannot be, where it cannot. See LargeContent.fetch."""
        if self._large is None:
            return "this node fetches no blobs" if names_blobs(attempt.task) else ""
        return await self._large.fetch(attempt)

    def language(self, name: str, version: str, framework: str = "") -> tuple[Language, str]:
        """The language and its probed version, as it runs tests where a ``framework`` is named. A name wins over
        another language's alias, as in the gateway. Raises UnservedLanguageError."""
        served = self._pool.languages()
        found = [one for one in served if one[0].name == name] or [one for one in served if name in one[0].aliases]
        for language, probed in found:
            if version_matches(version, probed):
                found_language = language.testing(framework) if framework else language
                if found_language is None:
                    raise UnservedLanguageError(f"this node runs no tests of {framework} in {name} {probed}")
                return found_language, probed
        if found:
            probed = ", ".join(one[1] for one in found)
            raise UnservedLanguageError(f"this node has {name} {probed}, not {version}")
        raise UnservedLanguageError(f"this node does not run {name}")

    async def execute(self, attempt: Attempt, program: Program) -> Execution:
        """Builds and runs one task, once its packages are installed. Raises SandboxLostError, UnservedLanguageError (of
        a checker), ValueError (of a checker's files); IndexOutOfReachError and PackagesBusyError."""
        if not attempt.task.packages:
            return await self._execute(attempt, program)
        kind = self._packages.kind_of(program.language) if self._packages is not None else ""
        if self._packages is None or not kind:
            raise UnservedLanguageError(f"this node has no packages for {program.language.name}")
        fault = first_fault(kind, attempt.task.packages)
        if fault:  # a gateway was content: another node has another kind for the language, or another version's rules
            name = program.language.name
            raise UnservedLanguageError(f"this node has packages of the kind {kind} for {name}: {fault}")
        attempt.varies = "it has packages, which an index may change"
        digest = self._pool.digest(program.language.id)
        async with self._packages.lent(attempt, program.language, digest) as lent:
            if isinstance(lent, Layer):
                attempt.packages = lent.packages
                return await self._execute(attempt, with_layer(program, lent))
        return _not_installed(attempt, lent)

    async def _execute(self, attempt: Attempt, program: Program) -> Execution:
        attempt.digest = self._pool.digest(program.language.id)
        if attempt.task.keeps_answer:
            await self._look_for_signs(attempt, program)
        build = await self._builder.build(attempt, program)
        attempt.cached = build.cached
        build = replace(build, stage=attempt.budget.stage(build.stage or attempt.installation))
        attempt.installation = None
        found = await diagnosing.of_compilation(program, build.stage)
        if build.runnable is None:
            status = build.status or Status.COMPILE_ERROR
            return attempt.execution(status, compile_stage=build.stage, error=build.error, diagnostics=found)
        fault = unplaceable(build.runnable.files, _disk_bytes(attempt.task)) if build.stage else ""
        if fault:
            return attempt.execution(Status.COMPILE_ERROR, compile_stage=build.stage, error=fault, diagnostics=found)
        if attempt.task.cases:
            return await self._judged(attempt, build.runnable, build.stage, found)
        return await self._run(attempt, build.runnable, build.stage, found)

    async def _look_for_signs(self, attempt: Attempt, program: Program) -> None:
        """Notes the first sign that the task may end otherwise when it runs again."""
        found = await off_loop(program.size, lambda: varies(program.language, program.files))
        attempt.varies = attempt.varies or found

    async def _run(
        self, attempt: Attempt, runnable: Runnable, compile_stage: Stage | None, found: Sequence[Diagnostic]
    ) -> Execution:
        task = attempt.task
        talk = attempt.talk
        inline_bytes = LARGE_OUTPUT_FILES_BYTES if task.large_result else OUTPUT_FILES_BYTES
        launch = run_launch(
            runnable,
            redirect_stderr=task.redirect_stderr,
            talking=Talking(talk.interaction, talk.begin) if talk else None,
            stdin=task.input,
            args=task.args,
            limits=task.limits,
            outputs=task.outputs,
            outputs_bytes=STORED_FILES_BYTES if self._stores(task) else inline_bytes,
        )
        live = LiveOutput(self._announcer, attempt, RUN_STAGE, echoes=talk is not None)
        async with self._pool.slot(runnable.program.language, Role.RUN, task.limits) as sandbox:
            try:
                ended = await attempt.run(sandbox, launch, live)
            finally:
                live.close()
        outcome = as_its_runtime_says(ended, runnable.program.language)
        explained = (talk.words if talk else "") or explain(outcome, task.limits, "the program")
        tests = await self._tests(attempt, outcome, explained) if task.test_framework else None
        stage = await off_loop(outcome.output_bytes, lambda: attempt.budget.stage(stage_of(outcome)))
        files = await self._files(attempt, outcome, inline_bytes)
        given = None if talk else len(launch.stdin)
        said = await diagnosing.of_run(runnable.program, RUN_STAGE, outcome, stage, task.limits, stdin_bytes=given)
        status = run_status(outcome)
        return attempt.execution(
            status if tests is None else status_with_tests(status, tests),
            compile_stage=compile_stage,
            run_stage=stage,
            files=files,
            error=explained or (NO_TESTS if tests is not None and not tests.tests else ""),
            diagnostics=diagnosing.together(found, said),
            tests=tests.tests if tests is not None else (),
        )

    async def _tests(self, attempt: Attempt, outcome: Outcome, ended: str) -> Reported:
        """What became of its tests, as far as the result has room."""
        return await off_loop(len(outcome.report), lambda: attempt.budget.tests(reported(outcome.report, ended)))

    def _stores(self, task: TaskMessage) -> bool:
        return self._large is not None and task.keeps_files

    async def _files(self, attempt: Attempt, outcome: Outcome, inline_bytes: int) -> list[OutputFile]:
        """What it left, in the result or stored beside it."""
        stores = self._stores(attempt.task)
        files = await off_loop(
            _bytes_of(outcome.files),
            lambda: attempt.budget.files(
                outcome.files, inline_bytes, are_all=outcome.are_all_files, others_are_stored=stores
            ),
        )
        return files if self._large is None else await self._large.store(attempt, files, outcome.files)

    async def _judged(
        self, attempt: Attempt, runnable: Runnable, compile_stage: Stage | None, found: Sequence[Diagnostic]
    ) -> Execution:
        checker = await self._checker(attempt)
        if isinstance(checker, Build):
            return _unchecked(attempt, compile_stage, checker)
        cases, said = await self._judge.judge(attempt, runnable, checker)
        status = summary(cases, cancelled=attempt.cancelled)
        found = diagnosing.together(found, said)
        return attempt.execution(status, compile_stage=compile_stage, cases=cases, diagnostics=found)

    async def _checker(self, attempt: Attempt) -> Runnable | Build | None:
        """The checker ready to run; None where the task has none, and its Build where that failed."""
        checker = attempt.task.checker
        if checker is None:
            return None
        language, version = self.language(checker.language, checker.language_version)
        program = await off_loop(
            sum(len(file.held) for file in checker.files), lambda: program_of(language, version, checker.files)
        )
        attempt.digest += f"+{self._pool.digest(language.id)}"
        if attempt.task.keeps_answer:
            await self._look_for_signs(attempt, program)
        build = await self._builder.build(attempt, program)
        fault = unplaceable(build.runnable.files, CHECKER_PROGRAM_BYTES) if build.runnable and build.stage else ""
        return Build(build.stage, None, Status.COMPILE_ERROR, fault) if fault else build.runnable or build


def _not_installed(attempt: Attempt, ended: Installation | None) -> Execution:
    """The end of a task whose packages are not there; ``ended`` None: it was cancelled."""
    if ended is None or ended.outcome is None:
        return attempt.execution(Status.CANCELLED)
    error = ended.fault or explain(ended.outcome, ended.limits, "the installation of its packages")
    attempt.installation = attempt.budget.stage(attempt.installation)
    return attempt.execution(Status.COMPILE_ERROR, error=error or "its packages cannot be installed")


def _disk_bytes(task: TaskMessage) -> int:
    """The largest disk that is asked for: the slot's."""
    return max(limits.disk_bytes for limits in (task.limits, *(case.limits for case in task.cases)) if limits)


def _unchecked(attempt: Attempt, compile_stage: Stage | None, checker: Build) -> Execution:
    """The checker was not built. That is not the fault of the program, whose compilation is still told."""
    if checker.status is Status.CANCELLED:
        cases = undecided(attempt, Verdict.SKIPPED, "")
        return attempt.execution(Status.CANCELLED, compile_stage=compile_stage, cases=cases)
    said = checker.stage.stdout + checker.stage.stderr if checker.stage else ""
    words = (said + checker.error)[: CHECKER_LIMITS.output_bytes]
    cases = undecided(attempt, Verdict.CHECKER_ERROR, words)
    error = "the checker does not compile"
    return attempt.execution(Status.FAILED, compile_stage=compile_stage, cases=cases, error=error)


def _bytes_of(files: Sequence[LeftFile]) -> int:
    return sum(len(file.content or b"") for file in files)
