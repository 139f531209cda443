"""``coderunner top``: what it shows, on a terminal and elsewhere."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from coderunner.cli.overview import MAX_RECENT, MAX_WAITING, pools_of, rate_per_s
from coderunner.model import Node
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.command import COMMAND
from tests.unit.cli.command import Cli

NOW_MS = 1_700_000_000_000
S = execution_pb2.Execution.Status


def submitted(gateway: FakeGateway, count: int, status: Any, error: str = "") -> None:
    """Tasks that the gateway lists."""

    def script(task: execution_pb2.Task) -> Script:
        del task
        result = ran("")
        result.status, result.error, result.submitted_at_ms = status, error, int(time.time() * 1000)
        return Script(result)

    gateway.script = script
    for number in range(count):
        gateway.accept(execution_pb2.Task(language="python", idempotency_key=f"{status}-{number}"))


def test_one_moment_has_nodes_pools_waiting_tasks_their_rate_and_failures(
    coderunner: Cli, gateway: FakeGateway
) -> None:
    submitted(gateway, 3, S.QUEUED)
    submitted(gateway, 2, S.INTERNAL_ERROR, error="\x1b[2Jgave up")
    done = coderunner("top", "--once")
    assert done.returncode == 0
    (node,) = gateway.nodes
    lines = done.stdout.split("\n")
    assert f"slots {node.running}/{node.capacity}" in lines[0]
    assert "waiting 3" in lines[0]
    assert "0.5 tasks/s" in lines[0]
    assert done.stdout.count(node.id) == 1
    assert [line.split() for line in lines if line.startswith("python")] == [["python", "3"]]
    assert done.stdout.count("INTERNAL_ERROR") == 2
    assert "\x1b" not in done.stdout


def test_as_json_it_is_one_object_a_moment(coderunner: Cli, gateway: FakeGateway) -> None:
    submitted(gateway, 1, S.EXPIRED)
    done = coderunner("top", "--once", "--json")
    moment = json.loads(done.stdout)
    assert [node["id"] for node in moment["nodes"]] == [node.id for node in gateway.nodes]
    assert [one["status"] for one in moment["failures"]] == ["EXPIRED"]
    assert moment["tasks_per_s"] == 0.1


def test_more_waiting_tasks_than_are_counted_are_so_many_and_more(coderunner: Cli, gateway: FakeGateway) -> None:
    submitted(gateway, MAX_WAITING + 1, S.QUEUED)
    assert f"waiting {MAX_WAITING} and more" in coderunner("top", "--once").stdout


def test_without_a_node_it_says_so(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.nodes = []
    done = coderunner("top", "--once")
    assert (done.returncode, "no node is alive" in done.stdout) == (0, True)


def test_without_a_gateway_it_ends_as_every_command_does(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.stop()
    done = coderunner("top")
    assert done.returncode == 69
    assert done.stdout == ""


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e9", "99999999999999999999"])
def test_it_does_not_ask_without_a_pause(coderunner: Cli, interval: str) -> None:
    assert coderunner("top", "--once", "--interval", interval).returncode == 2


def test_into_a_pipe_it_prints_one_block_after_the_other_until_it_is_interrupted(
    environment: dict[str, str], gateway: FakeGateway
) -> None:
    command = [*COMMAND, "top", "--interval", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            heads = 0
            while heads < 3:
                heads += "tasks/s" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(20) == 130
        finally:
            process.kill()
    assert "\x1b[?" not in rest
    del gateway


def test_on_a_terminal_each_moment_takes_the_place_of_the_last_and_the_screen_is_given_back(
    environment: dict[str, str], gateway: FakeGateway
) -> None:
    del gateway
    ours, theirs = pty.openpty()
    command = [*COMMAND, "top", "--interval", "1"]
    process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        seen = ""
        while seen.count("tasks/s") < 2:
            seen += os.read(ours, 65536).decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        seen += os.read(ours, 65536).decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert seen.startswith("\x1b[?1049h")
    assert "\x1b[?1049l" in seen
    assert seen.count("\x1b[H") >= 2


def test_a_gateway_that_goes_away_is_waited_for(environment: dict[str, str], tmp_path: Path) -> None:
    gateway = FakeGateway().start()
    environment = {**environment, "CODERUNNER_GATEWAY": gateway.target}
    command = [*COMMAND, "top", "--interval", "1"]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True)
    try:
        assert process.stdout is not None
        while "tasks/s" not in process.stdout.readline():
            pass
        gateway.stop()
        gateway.start()
        heads = 0
        while heads < 2:
            heads += "tasks/s" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()
        gateway.stop()


def test_a_node_in_two_pools_counts_in_both() -> None:
    nodes = [Node("n1", pools=("a", "b"), capacity=4, running=1), Node("n2", pools=("b",), capacity=2, running=2)]
    found = [(pool.name, pool.nodes, pool.running, pool.capacity) for pool in pools_of(nodes)]
    assert found == [("a", 1, 1, 4), ("b", 2, 3, 6)]


@pytest.mark.parametrize(
    ("ages_ms", "per_s"),
    [
        ([], 0.0),
        ([20_000], 0.0),
        ([0, 5_000, 9_999, 10_001], 0.3),
        ([100] * MAX_RECENT, 2000.0),
        ([0] * MAX_RECENT, 200_000.0),
        ([-5_000], 0.1),
    ],
)
def test_the_rate_is_of_the_last_ten_seconds_or_of_the_time_in_which_the_newest_came(
    ages_ms: list[int], per_s: float
) -> None:
    assert rate_per_s([NOW_MS - age for age in ages_ms], NOW_MS) == per_s
