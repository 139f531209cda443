"""The blocking client against a scripted gateway."""

from __future__ import annotations

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from coderunner import Client, Execution, InvalidTask, NotFound, Program, Status, SyncClient, SyncProgram, Waits
from coderunner.spoken import MAX_BYTES
from tests.fakes.answers import chunk, ran
from tests.fakes.fake_gateway import FakeGateway, Script

ASYNC_ALONE = {"relay"}
"""Of servers of pages, which have a loop."""


def test_it_mirrors_the_asynchronous_client() -> None:
    ours = {name for name in vars(SyncClient) if not name.startswith("_")}
    theirs = {name for name in vars(Client) if not name.startswith("_")}
    theirs -= {"channel", "target", "derived_secret", *ASYNC_ALONE}
    assert ours == theirs
    for name in ours:
        parameters = inspect.signature(getattr(SyncClient, name)).parameters
        assert list(parameters) == list(inspect.signature(getattr(Client, name)).parameters), name


def test_a_program_that_is_talked_to_mirrors_the_asynchronous_one() -> None:
    ours = {name for name in vars(SyncProgram) if not name.startswith("_")}
    theirs = {name for name in vars(Program) if not name.startswith("_")}
    assert ours == {*theirs, "id"}
    for name in theirs:
        parameters = inspect.signature(getattr(SyncProgram, name)).parameters
        assert list(parameters) == list(inspect.signature(getattr(Program, name)).parameters), name


def test_a_program_is_talked_to(gateway: FakeGateway) -> None:
    with SyncClient(gateway.target) as client:
        with client.interact("python", "input()") as program:
            events = iter(program)
            assert next(events) == Waits(attempt=1)
            program.write("Ada\n")
            assert program.result().status is Status.SUCCEEDED
        assert program.id
        too_much = client.interact("python", "input()")
        with too_much as program, pytest.raises(InvalidTask):
            program.write(b"x" * (MAX_BYTES + 1))


def test_it_runs_watches_lists_and_cancels(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("ab"), live=[chunk("a")])
    shown: list[str] = []
    with SyncClient(gateway.target) as client:
        execution = client.run("python", "", on_output=lambda output: shown.append(output.text))
        events = list(client.watch(execution.id))
        assert [task.id for task in client.list()] == [execution.id]
        assert client.get(execution.id) == execution
        assert client.cancel(execution.id).cancelled is False
        assert client.follow(execution.id) == execution
        assert client.languages()
        assert client.nodes()
        assert client.submit_batch([]) == ()
    assert shown == ["a", "b"]
    assert isinstance(events[-1], Execution)


def test_errors_come_through_as_they_are(gateway: FakeGateway) -> None:
    with SyncClient(gateway.target) as client, pytest.raises(NotFound):
        client.get("nothing")


def loops() -> int:
    return [thread.name for thread in threading.enumerate()].count("coderunner")


def test_many_threads_share_one_client_and_its_one_loop(gateway: FakeGateway) -> None:
    before = loops()  # 1 where a client of the whole test run is open
    with SyncClient(gateway.target) as client, SyncClient(gateway.target) as other, ThreadPoolExecutor(4) as pool:
        assert len({client.submit("python", ""), other.submit("python", "")}) == 2
        ids = set(pool.map(lambda _: client.submit("python", ""), range(20)))
        assert len(ids) == 20
        assert loops() == 1
    assert loops() == before


def test_a_client_that_was_closed_opens_again(gateway: FakeGateway) -> None:
    client = SyncClient(gateway.target)
    client.submit("python", "")
    client.close()
    client.close()
    assert client.submit("python", "")
    client.close()
