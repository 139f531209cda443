"""What a program, a client or a node wrote is shown by every command, and drives no terminal."""

from __future__ import annotations

import json

import pytest

from coderunner import SyncClient
from coderunner.v1 import catalog_pb2, execution_pb2, operations_pb2
from tests.fakes.answers import invalid, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli

BAD = "bad\x1b[2J\x1b]0;owned\x07\x9b2J\u202e\x7f\r\n"
"""Clears the screen, names the window, again in eight bits, turns the writing round, and forges a line."""


def hostile_task() -> execution_pb2.Execution:
    done = ran(BAD, "FAILED", 3, stderr=BAD, limits_hit=[BAD])
    done.error = done.language_version = done.node_id = BAD
    done.warnings.append(BAD)
    done.compile.CopyFrom(execution_pb2.Stage(stdout=BAD, exit_code=0, stdout_truncated=True))
    case = done.cases.add(name=BAD, verdict=execution_pb2.CaseResult.WRONG_ANSWER, checker_output=BAD)
    case.stage.CopyFrom(done.run)
    return done


@pytest.fixture
def task_id(gateway: FakeGateway) -> str:
    gateway.nodes = [
        catalog_pb2.Node(
            id=BAD,
            host=BAD,
            pools=[BAD],
            languages={BAD: BAD},
            alarms=[BAD],
            sandbox_runtime=BAD,
            state=catalog_pb2.Node.READY,
        )
    ]
    gateway.languages = [catalog_pb2.Language(name=BAD, versions=[BAD], aliases=[BAD], extensions=[BAD])]
    gateway.letters = [operations_pb2.DeadLetter(id="t1", reason=BAD, detail=BAD, node_id=BAD, payload=f'{{"{BAD}"')]
    gateway.script = lambda _: Script(hostile_task())
    with SyncClient(gateway.target) as client:
        return client.submit("python", "", labels={BAD: BAD})


COMMANDS = [
    ["nodes"],
    ["languages"],
    ["tasks"],
    ["task", "ID"],
    ["cancel", "ID"],
    ["cancel", f"no{BAD}"],
    ["dead", "list"],
    ["dead", "show", "t1"],
    ["dead", "redrive", f"no{BAD}", "t1"],
    ["node", "drain", BAD],
    ["node", "drain", "nobody"],
    [f"unknown{BAD}"],
    ["run", f"unknown{BAD}.py"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]).encode("unicode_escape"))
@pytest.mark.parametrize("json_too", [False, True])
def test_no_commands_words_drive_the_terminal(
    coderunner: Cli, task_id: str, command: list[str], json_too: bool
) -> None:
    done = coderunner(*[task_id if word == "ID" else word for word in command], *["--json"] * json_too)
    shown = done.stdout + done.stderr
    assert shown.strip()
    assert {one for one in shown if not one.isprintable()} <= {"\n"}


def test_each_text_of_a_table_is_one_line_and_spelled_out(coderunner: Cli, task_id: str) -> None:
    for command in ("nodes", "tasks"):
        assert len(coderunner(command).stdout.splitlines()) == 2
        assert r"bad\x1b[2J\x1b]0;owned\x07\x9b2J\u202e\x7f\r\n" in coderunner(command).stdout


def test_json_has_the_text_as_it_is(coderunner: Cli, task_id: str) -> None:
    assert json.loads(coderunner("nodes", "--json").stdout)[0]["host"] == BAD
    assert json.loads(coderunner("task", task_id, "--json").stdout)["run"]["stdout"] == BAD


def test_a_refusals_words_are_spelled_out(coderunner: Cli, gateway: FakeGateway, hello: str) -> None:
    gateway.failures = [invalid(f"labels[{BAD}]", BAD)]
    done = coderunner("run", hello)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert {one for one in done.stderr if not one.isprintable()} == {"\n"}


def test_a_programs_own_output_is_passed_on_as_it_is(coderunner: Cli, gateway: FakeGateway, hello: str) -> None:
    gateway.script = lambda _: Script(ran("\x1b[31mred\x1b[0m\n"))
    assert coderunner("run", hello).stdout == "\x1b[31mred\x1b[0m\n"
