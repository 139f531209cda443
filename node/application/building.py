"""The build of one program: compiled once, its artefacts kept by the hash of everything that went in."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from node.application.attempt import Attempt
from node.application.live_output import LiveOutput
from node.application.off_loop import off_loop
from node.application.ports import Announcer, ArtefactStore, SandboxPool
from node.domain.language import CompileStage
from node.domain.preamble import Preamble
from node.domain.program import (
    Program,
    Runnable,
    artefact_key,
    compile_launch,
    compile_preamble,
    runnable_as_submitted,
    runnable_of_artefacts,
)
from node.domain.sandbox import Launch, Outcome, Role
from node.domain.verdict import compile_status, explain, stage_of
from schemas.execution import COMPILE_STAGE, Stage
from schemas.reader import Reader
from schemas.status import Status

_stages = Reader(Stage)
_DIAGNOSTICS = ""
"""Under this name, which no file has, the compiler's words are kept beside its artefacts."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a build ended. ``runnable`` is None where it failed; ``status`` then says how."""

    stage: Stage | None
    runnable: Runnable | None
    status: Status | None = None
    error: str = ""
    cached: bool = False


class Builder:
    """Builds programs in compile slots, where no artefacts of the same inputs are kept."""

    def __init__(self, pool: SandboxPool, artefacts: ArtefactStore, announcer: Announcer) -> None:
        self._pool = pool
        self._artefacts = artefacts
        self._announcer = announcer

    async def build(self, attempt: Attempt, program: Program) -> Build:
        """The program ready to run, or why not. Raises SandboxLostError."""
        stage = program.language.compile
        if stage is None:
            return Build(None, runnable_as_submitted(program))
        client, digest = attempt.task.client, self._pool.digest(program.language.id)
        launch, key, preamble = await off_loop(program.size, lambda: _prepared(program, stage, client, digest))
        return self._kept(program, stage, key) or await self._compiled(attempt, program, launch, key, preamble)

    def _kept(self, program: Program, stage: CompileStage, key: str) -> Build | None:
        artefacts = self._artefacts.get(key)
        if artefacts is None:
            return None
        words = _stages.decode(artefacts[_DIAGNOSTICS])
        files = {name: content for name, content in artefacts.items() if name != _DIAGNOSTICS}
        return Build(words, runnable_of_artefacts(program, stage, files), cached=True)

    async def _compiled(
        self, attempt: Attempt, program: Program, launch: Launch, key: str, preamble: Preamble | None
    ) -> Build:
        live = LiveOutput(self._announcer, attempt, COMPILE_STAGE)
        async with self._pool.slot(program.language, Role.COMPILE, launch.limits) as sandbox:
            try:
                outcome = await attempt.run(sandbox, launch, live)
            finally:
                live.close()
        if preamble is not None:
            self._pool.precompile(program.language, preamble, attempt.task.client)
        stage = await off_loop(outcome.output_bytes, lambda: stage_of(outcome))
        return self._judged(program, launch, key, outcome, stage)

    def _judged(self, program: Program, launch: Launch, key: str, outcome: Outcome, stage: Stage) -> Build:
        status = compile_status(outcome)
        if status is not None:
            return Build(stage, None, status, explain(outcome, launch.limits, "the compiler"))
        if not outcome.artefacts:
            return Build(stage, None, Status.COMPILE_ERROR, "the compiler was content but left nothing to run")
        words = msgspec.structs.replace(stage, wall_ms=0.0, cpu_ms=0.0, peak_memory_bytes=0)
        self._artefacts.put(key, {_DIAGNOSTICS: msgspec.json.encode(words), **outcome.artefacts})
        compiled = program.language.compile
        assert compiled is not None  # noqa: S101 - a launch came from it
        return Build(stage, runnable_of_artefacts(program, compiled, outcome.artefacts))


def _prepared(program: Program, stage: CompileStage, client: str, digest: str) -> tuple[Launch, str, Preamble | None]:
    preamble = compile_preamble(program, stage)
    launch = compile_launch(program, stage, preamble)
    return launch, artefact_key(program, launch, client, digest), preamble
