"""The stream of a task that was answered by another's outcome."""

from __future__ import annotations

from broker_gateway.application.replay import replayed
from schemas.execution import Execution, OutputChunk
from schemas.output_file import OutputFile
from schemas.status import Status
from tests.builders import a_stage, an_execution

FILE = OutputFile(name="out/a", size=1, media_type="text/plain", digest="", data=b"\xff")


def test_a_task_that_runs_has_nothing_yet_of_what_its_end_brings() -> None:
    ended = an_execution(run=a_stage("42\n"), files=[FILE], warnings=["one file was too large to be brought back"])
    running, output = replayed(ended)
    assert isinstance(running, Execution)
    assert running == an_execution(status=Status.RUNNING, compile=None, run=None, finished_at_ms=None)
    assert isinstance(output, OutputChunk)
    assert output.text == "42\n"
