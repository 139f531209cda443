"""The diagnostics of one task: what its compiler says, and what is to be said of how its program ended."""

from __future__ import annotations

from collections.abc import Sequence

from node.application.off_loop import off_loop
from node.domain.diagnostics import diagnostics_of
from node.domain.ends import end_of, end_of_input
from node.domain.program import Program
from node.domain.sandbox import Ending, Outcome
from node.domain.stack_dumps import places_of
from schemas.diagnostic import MAX_DIAGNOSTICS, Diagnostic
from schemas.execution import COMPILE_STAGE, Stage
from schemas.task import Limits

_BY_ITSELF = (Ending.EXITED, Ending.MEMORY)
"""Endings that may be those of an error, which its output tells; memory is, where the runtime gave up."""

_OUT_OF_TIME = (Ending.CPU, Ending.WALL)


async def of_compilation(program: Program, stage: Stage | None) -> list[Diagnostic]:
    """Errors and warnings, whether it went well or not."""
    return await _of_output(program, COMPILE_STAGE, stage) if stage else []


async def of_run(
    program: Program,
    name: str,
    outcome: Outcome,
    stage: Stage | None,
    limits: Limits,
    *,
    stdin_bytes: int | None = None,
) -> list[Diagnostic]:
    """The error that ended the program in the stage of that name, and what is to be said of its end; nothing of one
    that ended well, whatever it printed. ``stdin_bytes``: of all that it could read; None: it was talked to."""
    error = outcome.ending in _BY_ITSELF and outcome.exit_code != 0
    told = await _of_output(program, name, stage) if error and stage else []
    if error and stage and stdin_bytes is not None:
        last = told[-1] if told else None
        told += await off_loop(
            len(outcome.stderr), lambda: end_of_input(outcome, program.language, name, stdin_bytes, last)
        )
    told += await _of_stack(program, name, outcome)
    end = await off_loop(len(outcome.stderr), lambda: end_of(outcome, limits, program.language, name))
    return together(told, end)


async def _of_stack(program: Program, name: str, outcome: Outcome) -> list[Diagnostic]:
    dump, text = program.language.stack_dump, outcome.stack_dump
    if dump is None or not text or outcome.ending not in _OUT_OF_TIME:
        return []
    return await off_loop(len(text), lambda: places_of(dump, text.decode(errors="replace"), program.files.keys(), name))


def together(first: Sequence[Diagnostic], last: Sequence[Diagnostic]) -> list[Diagnostic]:
    """As many as an execution has: of more, the last of ``first`` are left out."""
    return [*first[: MAX_DIAGNOSTICS - len(last)], *last]


async def _of_output(program: Program, name: str, stage: Stage) -> list[Diagnostic]:
    rules = program.language.diagnostics
    output = stage.stderr or stage.stdout
    return await off_loop(len(output), lambda: diagnostics_of(rules, name, output, program.files.keys()))
