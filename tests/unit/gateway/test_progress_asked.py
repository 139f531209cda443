"""What a task's callback asks to be told, as it comes from a client."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.application.commands import SubmitTaskCommand, TaskDTO
from coderunner.v1 import execution_pb2 as pb
from schemas.task import CallbackEvent
from tests.builders import a_draft
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code, failure, serving, task

URL = "http://93.184.216.34/"


async def test_the_events_that_were_asked_for_go_to_the_node() -> None:
    gateway = GatewayOnFakes()
    draft = a_draft(callback_url=URL, callback_events=("CASE", "RUNNING"))
    assert isinstance(await gateway.submission.submit(SubmitTaskCommand("blog", draft)), TaskDTO)
    (message,) = gateway.bus.tasks.values()
    assert message.callback is not None
    assert message.callback.events == [CallbackEvent.CASE, CallbackEvent.RUNNING]


@pytest.mark.parametrize("events", [[0], [4], [-1], [2, 2], [1, 2, 3, 3], [3] * 10_000, [1, 2, 3] + [7] * 10_000])
async def test_what_is_no_event_or_there_too_often_is_refused_with_its_field(events: list[Any]) -> None:
    async with serving() as calls:
        message = task(callback=pb.Callback(url=URL, events=events))
        code, fields, error = await failure(calls.execution.Submit(pb.SubmitRequest(task=message)))
        assert (code, fields) == (Code.INVALID_ARGUMENT, ["task.callback.events"])
        assert len(str(error)) < 2_000
