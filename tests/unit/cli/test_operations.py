"""``dead list``, ``dead show``, ``dead redrive`` and ``node drain`` against a scripted gateway."""

from __future__ import annotations

import json

import grpc
import pytest

from coderunner.v1 import operations_pb2
from tests.fakes.fake_gateway import FakeGateway
from tests.unit.cli.command import Cli


def letter(task_id: str, reason: str = "poison", payload: str = "{}") -> operations_pb2.DeadLetter:
    return operations_pb2.DeadLetter(
        id=task_id,
        reason=reason,
        detail="gave up after 3 attempts:\n\x1b[31mthe sandbox was lost",
        attempts=3,
        at_ms=1_700_000_000_000,
        node_id="node-1",
        payload=payload,
    )


@pytest.fixture(autouse=True)
def letters(gateway: FakeGateway) -> list[operations_pb2.DeadLetter]:
    gateway.letters = [letter("t4"), letter("t3", "undelivered"), letter("t2"), letter("t1")]
    return gateway.letters


def test_letters_are_a_table_newest_first_and_cannot_drive_the_terminal(coderunner: Cli) -> None:
    done = coderunner("dead", "list")
    assert done.returncode == 0
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["id", "reason", "attempts", "when", "node", "what", "happened"]
    assert [row.split()[0] for row in rows] == ["t4", "t3", "t2", "t1"]
    assert rows[0].endswith("gave up after 3 attempts:\\n\\x1b[31mthe sandbox was lost")
    assert "\x1b" not in done.stdout


def test_the_list_takes_a_reason_and_a_limit(coderunner: Cli, gateway: FakeGateway) -> None:
    listed = json.loads(coderunner("dead", "list", "--reason", "poison", "--limit", "2", "--json").stdout)
    assert [one["id"] for one in listed] == ["t4", "t2"]
    assert listed[0]["attempts"] == 3
    assert listed[0]["payload"] == ""
    assert gateway.of("ListDead") == [operations_pb2.ListDeadRequest(reason="poison", page_size=2)]


def test_without_letters_it_says_so_and_the_array_is_empty(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.letters = []
    assert coderunner("dead", "list").stderr == "coderunner: no dead letter\n"
    assert json.loads(coderunner("dead", "list", "--json").stdout) == []
    assert coderunner("dead", "redrive", "--all").stderr == "coderunner: no dead letter\n"


def test_one_letter_tells_what_happened_and_shows_its_message(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.letters = [letter("t1", payload='{"id":"t1","files":[{"name":"","content":"print(6)\\n"}]}')]
    done = coderunner("dead", "show", "t1")
    assert done.returncode == 0
    assert "happened   gave up after 3 attempts:\\n\\x1b[31mthe sandbox was lost\n" in done.stdout
    assert 'message:\n{\n  "id": "t1",\n' in done.stdout
    assert '"content": "print(6)\\n"' in done.stdout
    assert json.loads(coderunner("dead", "show", "t1", "--json").stdout)["payload"] == gateway.letters[0].payload


def test_a_message_that_is_no_json_is_shown_as_it_is(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.letters = [letter("t1", "malformed", payload="not\x1b json")]
    assert coderunner("dead", "show", "t1").stdout.endswith("message:\nnot\\x1b json\n")


def test_letters_are_redriven_by_their_ids(coderunner: Cli, gateway: FakeGateway) -> None:
    done = coderunner("dead", "redrive", "t1", "t3", "t1")
    assert (done.returncode, done.stdout) == (0, "t1 is redriven\nt3 is redriven\n")
    assert [one.id for one in gateway.letters] == ["t4", "t2"]


def test_all_letters_are_redriven_the_oldest_first(coderunner: Cli, gateway: FakeGateway) -> None:
    outcomes = json.loads(coderunner("dead", "redrive", "--all", "--json").stdout)
    assert outcomes == [{"id": f"t{number}", "redriven": True, "error": ""} for number in (1, 2, 3, 4)]
    assert gateway.letters == []


def test_one_that_cannot_be_redriven_does_not_stop_the_others(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.letters.append(letter("t0", "malformed"))
    done = coderunner("dead", "redrive", "--all")
    assert done.returncode == 1
    assert done.stdout.count("is redriven") == 4
    assert done.stderr == "coderunner: t0 is not redriven: its message cannot be read\n"
    assert [one.id for one in gateway.letters] == ["t0"]


def test_an_unknown_letter_is_one_sentence(coderunner: Cli) -> None:
    done = coderunner("dead", "show", "nothing")
    assert (done.returncode, done.stderr) == (66, "coderunner: there is no dead letter 'nothing'\n")
    done = coderunner("dead", "redrive", "nothing")
    assert (done.returncode, done.stdout) == (66, "")
    assert done.stderr == "coderunner: nothing is not redriven: there is no dead letter 'nothing'\n"


@pytest.mark.parametrize("arguments", [[], ["t1", "--all"]])
def test_redrive_wants_ids_or_all(coderunner: Cli, gateway: FakeGateway, arguments: list[str]) -> None:
    done = coderunner("dead", "redrive", *arguments)
    assert done.returncode == 2
    assert "by their IDs, or all of them with --all" in done.stderr
    assert gateway.of("Redrive") == []


@pytest.mark.parametrize(
    "command", [["dead", "list"], ["dead", "show", "t1"], ["dead", "redrive", "t1", "t2"], ["node", "drain", "node-1"]]
)
def test_a_client_that_is_no_operator_is_told_so(coderunner: Cli, gateway: FakeGateway, command: list[str]) -> None:
    gateway.failures = [grpc.StatusCode.PERMISSION_DENIED]
    done = coderunner(*command)
    assert (done.returncode, done.stderr) == (77, "coderunner: as the script says\n")
    assert done.stdout == ""


def test_a_node_is_told_to_drain(coderunner: Cli, gateway: FakeGateway) -> None:
    done = coderunner("node", "drain", "node-1")
    assert (done.returncode, done.stdout) == (0, "node-1 drains\n")
    assert gateway.of("DrainNode") == [operations_pb2.DrainNodeRequest(id="node-1")]
    answer = json.loads(coderunner("node", "drain", "node-1", "--json").stdout)
    assert answer == {"id": "node-1", "accepted": True, "gone": False}


def test_a_drained_node_is_waited_for_until_it_has_left_the_list(coderunner: Cli, gateway: FakeGateway) -> None:
    done = coderunner("node", "drain", "node-1", "--wait")
    assert (done.returncode, done.stdout) == (0, "node-1 has drained and is gone\n")
    assert gateway.nodes == []


def test_a_node_that_does_not_answer_is_one_sentence(coderunner: Cli) -> None:
    done = coderunner("node", "drain", "node-9", "--wait")
    assert (done.returncode, done.stderr) == (66, "coderunner: no node 'node-9' answers\n")


@pytest.mark.parametrize("command", ["dead list", "dead show", "dead redrive", "node drain", "node forget"])
def test_every_command_explains_itself(coderunner: Cli, command: str) -> None:
    done = coderunner(*command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: coderunner {command}")
    assert "--json" in done.stdout
