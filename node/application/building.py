"""From sources to what the run slot gets: compiled once, kept by the hash of everything that went in."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from node.application.live_output import LiveOutput
from node.application.ports import Announcer, ArtefactStore, SandboxPool
from node.application.running import RunningTask
from node.domain.language import CompileStage
from node.domain.program import Built, Program, artefact_key, built, compile_launch, unbuilt
from node.domain.sandbox import Launch, Outcome, Role
from node.domain.verdict import compile_status, explain, stage_of
from schemas.execution import Stage
from schemas.status import Status

_DIAGNOSTICS = ""
"""Under this name, which no file has, the compiler's words are kept beside its artefacts."""


@dataclass(frozen=True, slots=True)
class Build:
    """``built`` is None where it failed; ``status`` then says how."""

    stage: Stage | None
    built: Built | None
    status: Status | None = None
    error: str = ""
    cached: bool = False


class Builder:
    def __init__(self, pool: SandboxPool, artefacts: ArtefactStore, announcer: Announcer) -> None:
        self._pool = pool
        self._artefacts = artefacts
        self._announcer = announcer

    async def build(self, running: RunningTask, program: Program, attempt: int) -> Build:
        """Raises SandboxLostError."""
        stage = program.language.compile
        if stage is None:
            return Build(None, unbuilt(program))
        launch = compile_launch(program, stage)
        key = artefact_key(program, launch)
        return self._kept(program, stage, key) or await self._compiled(running, program, launch, key, attempt)

    def _kept(self, program: Program, stage: CompileStage, key: str) -> Build | None:
        artefacts = self._artefacts.get(key)
        if artefacts is None:
            return None
        words = msgspec.json.decode(artefacts[_DIAGNOSTICS], type=Stage)
        files = {name: content for name, content in artefacts.items() if name != _DIAGNOSTICS}
        return Build(words, built(program, stage, files), cached=True)

    async def _compiled(self, running: RunningTask, program: Program, launch: Launch, key: str, attempt: int) -> Build:
        live = LiveOutput(self._announcer, running.task.id, attempt, "compile")
        async with self._pool.slot(program.language, Role.COMPILE, launch.limits) as sandbox:
            try:
                outcome = await running.run(sandbox, launch, live)
            finally:
                live.close()
        return self._judged(program, launch, key, outcome)

    def _judged(self, program: Program, launch: Launch, key: str, outcome: Outcome) -> Build:
        stage = stage_of(outcome)
        status = compile_status(outcome)
        if status is not None:
            return Build(stage, None, status, explain(outcome, launch.limits, "the compiler"))
        if not outcome.artefacts:
            return Build(stage, None, Status.COMPILE_ERROR, "the compiler was content but left nothing to run")
        words = msgspec.structs.replace(stage, wall_ms=0.0, cpu_ms=0.0, peak_memory_bytes=0)
        self._artefacts.put(key, {_DIAGNOSTICS: msgspec.json.encode(words), **outcome.artefacts})
        compiled = program.language.compile
        assert compiled is not None  # noqa: S101 - a launch came from it
        return Build(stage, built(program, compiled, outcome.artefacts))
