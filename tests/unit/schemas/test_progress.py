"""What is told of a task before its end: only what was asked for, in an order of its own, and never much."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.execution import CaseResult
from schemas.progress import MAX_OUTPUT_CHARS, PER_ATTEMPT, ProgressMessage
from schemas.status import Status, Verdict
from schemas.task import Callback, CallbackEvent
from tests.builders import a_stage, a_task, an_execution

ACCEPTED = CaseResult(name="c", verdict=Verdict.ACCEPTED, stage=None, checker_output="")


def told(
    *events: CallbackEvent, case: tuple[int, CaseResult] | None = None, attempt: int = 1
) -> ProgressMessage | None:
    running = an_execution("t1", Status.RUNNING, attempt=attempt)
    task = a_task("t1", callback=Callback(url="http://h/", events=list(events)))
    return ProgressMessage.of(running, task, 1_000, case)


def test_nothing_is_told_that_was_not_asked_for() -> None:
    assert told() is None
    assert told(CallbackEvent.FINISHED) is None
    assert told(CallbackEvent.CASE) is None
    assert told(CallbackEvent.RUNNING, case=(0, ACCEPTED)) is None
    assert ProgressMessage.of(an_execution("t1", Status.RUNNING), a_task("t1", callback=None), 1_000) is None


def test_it_says_whom_to_tell_and_what_happened() -> None:
    message = told(CallbackEvent.CASE, case=(2, ACCEPTED))
    assert message is not None
    assert (message.callback.url, message.client) == ("http://h/", "blog")
    progress = message.progress
    assert (progress.event, progress.at_ms, progress.case_index) == (CallbackEvent.CASE, 1_000, 2)
    assert (progress.execution.id, progress.execution.cases) == ("t1", [ACCEPTED])


def test_sequences_rise_through_all_cases_and_attempts() -> None:
    both = (CallbackEvent.RUNNING, CallbackEvent.CASE)
    messages = [
        told(*both, case=case, attempt=attempt)
        for attempt in (1, 2)
        for case in (None, (0, ACCEPTED), (PER_ATTEMPT - 2, ACCEPTED))
    ]
    sequences = [message.progress.sequence for message in messages if message is not None]
    assert sequences == [0, 1, PER_ATTEMPT - 1, PER_ATTEMPT, PER_ATTEMPT + 1, 2 * PER_ATTEMPT - 1]


@pytest.mark.parametrize("size", [MAX_OUTPUT_CHARS, MAX_OUTPUT_CHARS + 1, 1_000_000])
@pytest.mark.parametrize("written", [b"\xff", b"\xff\xc3\xa9", b"\xff\x01"])
def test_of_an_output_that_is_no_text_as_many_bytes_are_told_and_their_text(size: int, written: bytes) -> None:
    data = (written * size)[:size]
    outputs: dict[str, Any] = {"stdout": data.decode(errors="replace"), "stdout_data": data}
    outputs |= {"stderr": data.decode(errors="replace"), "stderr_data": data}
    message = told(CallbackEvent.CASE, case=(0, msgspec.structs.replace(ACCEPTED, stage=a_stage(**outputs))))
    assert message is not None
    (cut,) = message.progress.execution.cases
    assert cut.stage is not None
    assert (cut.stage.stdout_data, cut.stage.stderr_data) == (data[:MAX_OUTPUT_CHARS],) * 2
    assert cut.stage.stdout == cut.stage.stderr == data[:MAX_OUTPUT_CHARS].decode(errors="replace")
    assert cut.stage.stdout_truncated is cut.stage.stderr_truncated is (size > MAX_OUTPUT_CHARS)
    assert len(msgspec.json.encode(message)) < 64 << 10


@pytest.mark.parametrize("chars", [MAX_OUTPUT_CHARS, MAX_OUTPUT_CHARS + 1, 1_000_000])
def test_of_a_cases_outputs_the_beginning_is_told(chars: int) -> None:
    much = "\0" * chars
    stage = a_stage(stdout=much, stderr=much)
    case = CaseResult(name="c", verdict=Verdict.WRONG_ANSWER, stage=stage, checker_output=much)
    message = told(CallbackEvent.CASE, case=(0, case))
    assert message is not None
    (cut,) = message.progress.execution.cases
    assert cut.stage is not None
    assert len(cut.stage.stdout) == len(cut.stage.stderr) == len(cut.checker_output) == MAX_OUTPUT_CHARS
    assert cut.stage.stdout_truncated is cut.stage.stderr_truncated is (chars > MAX_OUTPUT_CHARS)
    assert len(msgspec.json.encode(message)) < 64 << 10
