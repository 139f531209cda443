"""``nodes --joined`` and ``node forget`` against a scripted gateway."""

from __future__ import annotations

import json

import pytest

from coderunner import NotFound, Operator
from coderunner.cli.exit_codes import NO_SUCH_TASK
from coderunner.joined_node import JoinedNode
from coderunner.v1 import nodes_pb2
from tests.fakes.fake_gateway import FakeGateway
from tests.unit.cli.command import Cli


@pytest.fixture
def three(gateway: FakeGateway) -> None:
    gateway.joined.extend(
        nodes_pb2.JoinedNode(
            node_id=f"lab-{number}",
            pools=["default", "gpu"],
            nats_public_key=f"U{number}",
            joined_at_ms=1000,
            by="lab\x1b",
        )
        for number in range(3)
    )


@pytest.mark.usefixtures("three")
def test_nodes_that_joined_are_a_table_and_cannot_drive_the_terminal(coderunner: Cli) -> None:
    _, *rows = coderunner("nodes", "--joined").stdout.splitlines()
    assert [row.split()[:3] for row in rows] == [[f"lab-{number}", "default,gpu", "lab\\x1b"] for number in range(3)]
    listed = json.loads(coderunner("nodes", "--joined", "--json").stdout)
    assert [(one["node_id"], one["nats_public_key"]) for one in listed] == [(f"lab-{n}", f"U{n}") for n in range(3)]


def test_where_none_joined_that_is_said(coderunner: Cli) -> None:
    done = coderunner("nodes", "--joined")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no node joined by a token" in done.stderr


@pytest.mark.usefixtures("three")
def test_a_forgotten_node_is_told_and_gone_and_one_that_there_is_not_is_an_error(
    coderunner: Cli, gateway: FakeGateway
) -> None:
    done = coderunner("node", "forget", "lab-1")
    assert (done.returncode, done.stdout) == (0, "lab-1 is forgotten; where it is connected, for 15 minutes at most\n")
    assert json.loads(coderunner("node", "forget", "lab-2", "--json").stdout)["by"] == "lab\x1b"
    assert [one.node_id for one in gateway.joined] == ["lab-0"]
    done = coderunner("node", "forget", "lab-1")
    assert done.returncode == NO_SUCH_TASK
    assert "no node joined by the id 'lab-1'" in done.stderr


@pytest.mark.usefixtures("three")
async def test_an_operator_lists_as_many_as_it_asks_for_and_forgets_by_id(gateway: FakeGateway) -> None:
    async with Operator(gateway.target) as operator:
        assert [one.node_id async for one in operator.joined_nodes()] == ["lab-0", "lab-1", "lab-2"]
        assert [one.node_id async for one in operator.joined_nodes(limit=1)] == ["lab-0"]
        forgotten = await operator.forget_node("lab-0")
        assert forgotten == JoinedNode("lab-0", ("default", "gpu"), "U0", 1000, "lab\x1b")
        with pytest.raises(NotFound):
            await operator.forget_node("lab-0")
