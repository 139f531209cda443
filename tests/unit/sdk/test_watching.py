"""Output while a program runs: all of it, once, in order."""

from __future__ import annotations

import grpc
import pytest

from coderunner import Client, CodeRunnerError, Execution, InvalidTask, Output, Status, Stream
from tests.fakes.answers import chunk, ran
from tests.fakes.fake_gateway import FakeGateway, Script


async def test_watch_tells_changes_and_output_and_ends_with_the_result(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("ab"), live=[chunk("a"), chunk("b", 1)])
    async with Client(gateway.target) as client:
        events = [event async for event in client.watch(await client.submit("python", ""))]
    assert [event.status for event in events if isinstance(event, Execution)] == ["RUNNING", "SUCCEEDED"]
    assert [event.text for event in events if isinstance(event, Output)] == ["a", "b"]


async def test_a_broken_watch_reconnects_and_shows_nothing_twice(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("abc"), live=[chunk("a"), chunk("b", 1)], cut_watches=2)
    shown: list[str] = []
    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=lambda output: shown.append(output.text))
    assert shown == ["a", "b", "c"]
    assert len(gateway.of("Watch")) == 3


async def test_a_late_watcher_gets_what_it_missed_from_the_result(gateway: FakeGateway) -> None:
    late = [chunk("cd", 2), chunk("!", 0, "STDERR")]
    gateway.script = lambda task: Script(ran("abcd", stderr="!?"), live=late)
    shown: list[tuple[str, str]] = []

    async def note(output: Output) -> None:
        shown.append((output.stream, output.text))

    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=note)
    assert shown == [(Stream.STDERR, "!"), (Stream.STDOUT, "abcd"), (Stream.STDERR, "?")]


async def test_a_second_attempt_starts_its_output_over(gateway: FakeGateway) -> None:
    result = ran("ab")
    result.attempt = 2
    live = [chunk("a"), chunk("b", 1), chunk("a", 0, attempt=2), chunk("b", 1, attempt=1)]
    gateway.script = lambda task: Script(result, live=live)
    shown: list[tuple[int, str]] = []
    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=lambda output: shown.append((output.attempt, output.text)))
    assert shown == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


async def test_a_watch_whose_first_call_finds_no_gateway_is_tried_again(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        task_id = await client.submit("python", "x")
        gateway.failures = [grpc.StatusCode.UNAVAILABLE]
        assert (await client.follow(task_id)).status is Status.SUCCEEDED


async def test_what_is_submitted_and_watched_is_submitted_once_though_its_connection_breaks(
    gateway: FakeGateway,
) -> None:
    gateway.script = lambda task: Script(ran("ab"), live=[chunk("a")], cut_watches=1)
    async with Client(gateway.target) as client:
        told = [event async for event in client.submit_and_watch("python", "print('ab')")]
    assert isinstance(told[-1], Execution)
    assert told[-1].run is not None
    assert told[-1].run.stdout == "ab"
    assert [name for name, _ in gateway.calls] == ["SubmitAndWatch", "Watch"]
    assert gateway.of("Watch")[0].id == told[-1].id


async def test_what_is_refused_is_not_watched(gateway: FakeGateway) -> None:
    gateway.failures = [grpc.StatusCode.INVALID_ARGUMENT]
    async with Client(gateway.target) as client:
        with pytest.raises(InvalidTask):
            await anext(client.submit_and_watch("python", ""))


async def test_an_empty_id_is_refused_and_nothing_is_submitted(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(CodeRunnerError):
            await client.follow("")
    assert gateway.of("Watch")
    assert not gateway.of("SubmitAndWatch")
