"""The cut of a result that must fit into one message: outputs are shortened, and say so."""

from __future__ import annotations

import msgspec

from node.domain.captured import streams_of, with_streams
from node.domain.output_files import without_digest
from schemas.execution import Execution, Stage

CUTS = (16_384, 4_096, 1_024, 256, 0)
"""Characters per stream (bytes, of what is no text), tried in this order until the result fits."""


def output_size(execution: Execution) -> int:
    """The characters of all outputs, and the bytes of those that are no text."""
    stages = (execution.compile, execution.run, *(case.stage for case in execution.cases))
    said = sum(
        len(one.text) + len(one.data or b"") for stage in stages if stage is not None for one in streams_of(stage)
    )
    files = sum(len(file.data or b"") for file in execution.files)
    tests = sum(len(test.message) for test in execution.tests)
    return said + files + tests + sum(len(case.checker_output) for case in execution.cases)


def shrink_outputs(execution: Execution, characters: int) -> Execution:
    """The same execution with at most so many characters of each stream and message, and nothing of its files but their
    names."""
    return msgspec.structs.replace(
        execution,
        compile=_shrunk(execution.compile, characters),
        run=_shrunk(execution.run, characters),
        files=[file if file.place else without_digest(file) for file in execution.files],
        tests=[msgspec.structs.replace(test, message=test.message[:characters]) for test in execution.tests],
        cases=[
            msgspec.structs.replace(
                case, stage=_shrunk(case.stage, characters), checker_output=case.checker_output[:characters]
            )
            for case in execution.cases
        ],
    )


def _shrunk(stage: Stage | None, characters: int) -> Stage | None:
    if stage is None:
        return None
    stdout, stderr = streams_of(stage)
    return with_streams(stage, stdout.first(characters), stderr.first(characters))
