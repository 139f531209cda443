"""Everything that is told of a task arrives at its caller, field by field."""

from __future__ import annotations

from broker_gateway.interfaces.execution_mapping import chunk_message, execution_message
from broker_gateway.interfaces.progress_mapping import progress_message
from coderunner import responses
from schemas import execution as wire
from schemas import progress as wire_progress
from schemas import status
from schemas import task as wire_task
from tests.contracts.schemas.filling import Filler, leaves, unset

NOW_MS = 1_000_000


def test_every_field_of_an_execution_arrives_at_the_caller() -> None:
    told: wire.Execution = Filler().filled(wire.Execution)
    message = execution_message(told)
    assert list(unset(message)) == []
    assert leaves(message) == leaves(told)
    assert leaves(responses.execution(message)) == leaves(told)


def test_every_field_of_progress_arrives_at_the_caller() -> None:
    told: wire_progress.Progress = Filler().filled(wire_progress.Progress)
    message = progress_message(told)
    assert list(unset(message)) == []
    assert leaves(message) == leaves(told)
    expected = {path.removeprefix("execution."): value for path, value in leaves(told).items()}
    assert leaves(responses.progress(message)) == expected


def test_every_field_of_live_output_arrives_at_the_caller() -> None:
    said: wire.OutputChunk = Filler(stream="stderr").filled(wire.OutputChunk)
    message = chunk_message(said)
    assert list(unset(message)) == []
    heard = leaves(responses.output(message))
    assert heard == {name: value for name, value in leaves(said).items() if name != "id"} | {"stream": "STDERR"}


def test_every_field_of_an_event_is_in_what_is_known_of_its_task() -> None:
    running: wire.Execution = Filler(status=status.Status.RUNNING).filled(wire.Execution)
    task: wire_task.TaskMessage = Filler().filled(wire_task.TaskMessage)
    event = wire.TaskEvent.of(running, task, NOW_MS)
    known = leaves(wire.Execution.told_by(event))
    told = leaves(event)
    beside = {"client": task.client, "priority": task.priority.name, "pool": task.pool, "at_ms": NOW_MS}
    beside |= {"reader": task.reader}
    assert {path: told.pop(path) for path in beside} == beside
    assert {path: known.get(path) for path in told} == told
    assert known["queued_ms"] == NOW_MS - running.submitted_at_ms
