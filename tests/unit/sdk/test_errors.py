"""Refusals and failures as exceptions."""

from __future__ import annotations

import grpc
import pytest

from coderunner import (
    Client,
    CodeRunnerError,
    InvalidTask,
    LanguageUnavailable,
    NotFound,
    QueueFull,
    Unauthenticated,
    Violation,
)
from coderunner.v1 import execution_pb2
from tests.fakes.answers import invalid, queue_full
from tests.fakes.fake_gateway import FakeGateway, Script


async def test_a_wrong_task_names_each_violation(gateway: FakeGateway) -> None:
    gateway.failures = [invalid("task.files[0].name", "must not contain ..")]
    async with Client(gateway.target) as client:
        with pytest.raises(InvalidTask, match="must not contain") as caught:
            await client.run("python", {"../x": ""})
    assert caught.value.violations == (Violation("task.files[0].name", "must not contain .."),)


async def test_a_full_queue_says_when_to_try_again_and_is_not_tried_again(gateway: FakeGateway) -> None:
    gateway.failures = [queue_full(3)]
    async with Client(gateway.target) as client:
        with pytest.raises(QueueFull) as caught:
            await client.submit("python", "")
    assert caught.value.retry_after == 3.0
    assert len(gateway.of("Submit")) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, LanguageUnavailable),
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.UNAUTHENTICATED, Unauthenticated),
        (grpc.StatusCode.INTERNAL, CodeRunnerError),
    ],
)
async def test_each_code_has_its_exception(
    gateway: FakeGateway, code: grpc.StatusCode, kind: type[CodeRunnerError]
) -> None:
    gateway.failures = [code]
    async with Client(gateway.target) as client:
        with pytest.raises(kind) as caught:
            await client.submit("python", "")
    assert type(caught.value) is kind


async def test_text_that_is_not_unicode_is_refused_before_it_is_sent(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(InvalidTask):
            await client.run("python", "\ud800")
    assert gateway.calls == []


async def test_an_unknown_id_is_not_found(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(NotFound):
            await client.get("nothing")
        with pytest.raises(NotFound):
            await client.cancel("nothing")
        with pytest.raises(NotFound):
            await client.follow("nothing")


async def test_a_status_from_the_future_is_an_error_in_words(gateway: FakeGateway) -> None:
    result = execution_pb2.Execution.FromString(b"\x10\x63")  # status 99
    gateway.script = lambda task: Script(result)
    async with Client(gateway.target) as client:
        with pytest.raises(CodeRunnerError, match="upgrade coderunner"):
            await client.run("python", "")
