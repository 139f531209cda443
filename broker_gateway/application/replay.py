"""The stream of a task that was answered by another's outcome, as if it had run: what its watchers expect."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.execution import COMPILE_STAGE, RUN_STAGE, Execution, OutputChunk, Stage, case_stage
from schemas.status import Status


def replayed(ended: Execution) -> Iterator[Execution | OutputChunk]:
    """The state RUNNING and then the output of each stage, its standard output before its standard error; the end
    itself is not among them."""
    yield msgspec.structs.replace(ended.without_output(), status=Status.RUNNING, error="", finished_at_ms=None)
    for name, stage in stages_of(ended):
        for stream, text in (("stdout", stage.stdout), ("stderr", stage.stderr)):
            if text:
                yield OutputChunk(id=ended.id, attempt=ended.attempt, stage=name, stream=stream, offset=0, text=text)


def stages_of(ended: Execution) -> Iterator[tuple[str, Stage]]:
    """The stages that ran, by name, in their order."""
    named = [(COMPILE_STAGE, ended.compile), (RUN_STAGE, ended.run)]
    named += [(case_stage(index), case.stage) for index, case in enumerate(ended.cases)]
    return ((name, stage) for name, stage in named if stage is not None)
