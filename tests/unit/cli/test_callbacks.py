"""``callbacks list``, ``callbacks show`` and ``callbacks redrive`` against a scripted gateway."""

from __future__ import annotations

import json

import pytest

from coderunner.v1 import execution_pb2, operations_pb2
from tests.fakes.fake_gateway import FakeGateway
from tests.unit.cli.command import Cli


def record(task_id: str, state: str = "RETRYING") -> execution_pb2.CallbackRecord:
    tried = [
        execution_pb2.CallbackAttempt(number=1, at_ms=1_700_000_000_000, latency_ms=12.4, answer="503", error="busy"),
        execution_pb2.CallbackAttempt(number=2, at_ms=1_700_000_005_000, latency_ms=7.0, error="\x1b[31mnot reached"),
    ]
    return execution_pb2.CallbackRecord(
        id=task_id, url="http://blog/done", client="blog", state=state, attempts=2, error=tried[1].error, tried=tried
    )


@pytest.fixture(autouse=True)
def records(gateway: FakeGateway) -> None:
    gateway.callbacks = [record("t3"), record("t2", "GIVEN_UP"), record("t1")]


def test_callbacks_are_a_table_newest_first_and_cannot_drive_the_terminal(coderunner: Cli) -> None:
    done = coderunner("callbacks", "list")
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["id", "state", "failed", "last", "next", "client", "last", "error"]
    assert [row.split()[:3] for row in rows] == [
        ["t3", "RETRYING", "2"],
        ["t2", "GIVEN_UP", "2"],
        ["t1", "RETRYING", "2"],
    ]
    assert "\x1b" not in done.stdout


def test_the_list_takes_a_state_and_a_limit(coderunner: Cli, gateway: FakeGateway) -> None:
    listed = json.loads(coderunner("callbacks", "list", "--state", "given_up", "--limit", "5", "--json").stdout)
    assert [(one["id"], one["tried"][0]["answer"]) for one in listed] == [("t2", "503")]
    assert gateway.of("ListCallbacks") == [operations_pb2.ListCallbacksRequest(state="GIVEN_UP", page_size=5)]
    gateway.callbacks = []
    assert coderunner("callbacks", "list").stderr == "coderunner: no callback that was not taken at once\n"


def test_one_callback_shows_every_attempt(coderunner: Cli) -> None:
    done = coderunner("callbacks", "show", "t3")
    assert done.returncode == 0
    assert "http://blog/done" in done.stdout
    first, second = done.stdout.splitlines()[-2:]
    assert (first.split()[0], "12" in first.split(), "503" in first.split()) == ("1", True, True)
    assert second.split()[0] == "2"
    assert "\x1b" not in done.stdout
    assert json.loads(coderunner("callbacks", "show", "t3", "--json").stdout)["tried"][1]["number"] == 2


def test_a_task_that_nobody_knows_is_not_found(coderunner: Cli) -> None:
    assert coderunner("callbacks", "show", "nothing").returncode == 66


def test_redrive_is_that_of_dead_letters(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.letters = [operations_pb2.DeadLetter(id="t2", reason="undelivered")]
    done = coderunner("callbacks", "redrive", "t2")
    assert (done.returncode, done.stdout) == (0, "t2 is redriven\n")
