"""The arena on the sandbox pool alone: no bus, no gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from coderunner import Limits
from node.domain.language import Language
from node.domain.program import (
    Built,
    OptionRefusedError,
    Program,
    artefact_key,
    built,
    compile_launch,
    program_of,
    run_launch,
    unbuilt,
)
from node.domain.sandbox import Launch, Outcome, Role
from node.domain.verdict import compile_status, run_status, stage_of
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_languages
from schemas.task import Limits as TaskLimits
from schemas.task import SourceFile
from tests.attacks.arena import Ended

LANGUAGES = Path(__file__).parents[2] / "deploy" / "languages"
_DEFAULTS = TaskLimits(
    cpu_ms=5_000,
    wall_ms=10_000,
    memory_bytes=256 << 20,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)
_T = TypeVar("_T")


class PoolArena:
    """``close`` it: it owns a thread, an event loop and containers."""

    def __init__(self, settings: DockerSettings, names: Sequence[str]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="arena")
        self._thread.start()
        languages = [one for one in load_languages(LANGUAGES) if one.name in names]
        self._pool = DockerSandboxPool(languages=languages, settings=settings)
        self._artefacts: dict[str, Built] = {}
        try:
            self._await(self._pool.start())
        except BaseException:
            self.close()
            raise
        self._served = {language.name: (language, version) for language, version in self._pool.languages()}

    def run(
        self,
        language: str,
        files: Mapping[str, str],
        *,
        limits: Limits,
        stdin: str = "",
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Ended:
        sources = [SourceFile(name, content) for name, content in files.items()]
        try:
            program = program_of(*self._served[language], sources, options=options, env=env)
        except OptionRefusedError as refused:
            return Ended("REJECTED", error=str(refused))
        return self._await(self._execute(program, _with_defaults(limits), stdin, args))

    def unwell(self) -> str:
        return "" if self._pool.slots() >= len(self._served) else "slots are missing"

    def close(self) -> None:
        self._await(self._pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _execute(self, program: Program, limits: TaskLimits, stdin: str, args: Sequence[str]) -> Ended:
        crossing = await self._build(program)
        if isinstance(crossing, Ended):
            return crossing
        launch = run_launch(program, crossing, stdin=stdin, args=args, limits=limits)
        outcome = await self._launch(program.language, Role.RUN, launch)
        return _told(str(run_status(outcome)), outcome)

    async def _build(self, program: Program) -> Built | Ended:
        stage = program.language.compile
        if stage is None:
            return unbuilt(program)
        launch = compile_launch(program, stage)
        key = artefact_key(program, launch)
        if key not in self._artefacts:
            outcome = await self._launch(program.language, Role.COMPILE, launch)
            if status := compile_status(outcome):
                words = (outcome.stdout + outcome.stderr).decode(errors="replace")
                return Ended(str(status), compile_output=words, limits_hit=outcome.limits_hit)
            self._artefacts[key] = built(program, stage, outcome.artefacts)
        return self._artefacts[key]

    async def _launch(self, language: Language, role: Role, launch: Launch) -> Outcome:
        async with self._pool.slot(language, role, launch.limits) as sandbox:
            return await sandbox.run(launch, lambda stream, data: None)

    def _await(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)


def _with_defaults(limits: Limits) -> TaskLimits:
    fields = TaskLimits.__struct_fields__
    return TaskLimits(**{name: _or(getattr(limits, name), getattr(_DEFAULTS, name)) for name in fields})


def _or(asked: int | None, default: int) -> int:
    return default if asked is None else asked


def _told(status: str, outcome: Outcome) -> Ended:
    stage = stage_of(outcome)
    return Ended(
        status,
        stage.stdout,
        stage.stderr,
        stage.exit_code,
        stage.signal,
        tuple(stage.limits_hit),
        stage.stdout_truncated,
        stage.stderr_truncated,
        stage.wall_ms,
        stage.cpu_ms,
        stage.peak_memory_bytes,
    )
