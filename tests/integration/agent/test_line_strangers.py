"""The node keeps away from an agent that would not let it in: hung up on later, it would lose the slot."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from node.infrastructure.docker.agent_link.direct import connect_inside

REPOSITORY = Path(__file__).parents[3]
LISTEN = """
import select, sys
from node.agent.node_connection import NodeConnection
poll = select.poll()
connection = NodeConnection(poll)
connection.listen(sys.argv[1])
print("listening", flush=True)
while True:
    for fd, _ in poll.poll():
        list(connection.read(fd))
"""
Listen = Callable[..., int]


@pytest.fixture
def name() -> str:
    return f"test-{secrets.token_hex(8)}"


@pytest.fixture
def listen(name: str) -> Iterator[Listen]:
    """``listen(*namespaces)``: the pid of an agent's end of the line in new namespaces of these kinds."""
    with ExitStack() as stack:

        def start(*namespaces: str) -> int:
            command = ["unshare", *namespaces, sys.executable, "-c", LISTEN, name]
            process = stack.enter_context(
                subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == b"listening\n"
            return process.pid

        yield start


def test_root_comes_to_an_agent_in_a_network_of_its_own(listen: Listen, name: str) -> None:
    with connect_inside(listen("--net"), name) as line:
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_root_of_the_host_is_nobody_in_another_user_namespace_and_stays_away(listen: Listen, name: str) -> None:
    pid = listen("--net", "--user")
    with pytest.raises(PermissionError, match="user namespace"):
        connect_inside(pid, name)


def test_a_user_who_may_enter_but_is_not_root_stays_away(
    listen: Listen, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = listen("--net")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(PermissionError, match="root"):
        connect_inside(pid, name)
