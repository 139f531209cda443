"""The diagnostics of one task: what its compiler says, and the error that its program ended with."""

from __future__ import annotations

from collections.abc import Sequence

from node.application.off_loop import off_loop
from node.domain.diagnostics import diagnostics_of
from node.domain.program import Program
from schemas.diagnostic import MAX_DIAGNOSTICS, Diagnostic
from schemas.execution import COMPILE_STAGE, RUN_STAGE, CaseResult, Stage, case_stage
from schemas.status import Verdict


async def of_compilation(program: Program, stage: Stage | None) -> list[Diagnostic]:
    """Errors and warnings, whether it went well or not."""
    return await _of_stage(program, COMPILE_STAGE, stage)


async def of_run(program: Program, stage: Stage | None) -> list[Diagnostic]:
    """The error that ended it; none for a program that ended well, whatever it printed."""
    return await _of_stage(program, RUN_STAGE, stage) if stage and stage.exit_code != 0 else []


async def of_cases(program: Program, cases: Sequence[CaseResult]) -> list[Diagnostic]:
    """The error of the first case that ended with one."""
    for index, case in enumerate(cases):
        if case.verdict is Verdict.RUNTIME_ERROR:
            return await _of_stage(program, case_stage(index), case.stage)
    return []


def together(*parts: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those of all stages, as many as an execution has."""
    return [one for part in parts for one in part][:MAX_DIAGNOSTICS]


async def _of_stage(program: Program, name: str, stage: Stage | None) -> list[Diagnostic]:
    rules = program.language.diagnostics
    if stage is None or not rules or not (stage.stderr or stage.stdout):
        return []
    output = stage.stderr or stage.stdout
    return await off_loop(len(output), lambda: diagnostics_of(rules, name, output, program.files.keys()))
