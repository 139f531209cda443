"""A program that says that it ends is reported before it is gone; nobody gains by saying so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import docker
import pytest

from tests.integration.agent.attached import AttachedAgent, make_slot

WAITS = r"""
import os, socket, subprocess, sys, time
os.write(4, b"1")
os.close(4)
while os.read(3, 65536):
    pass
os.close(3)

def say(words):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(words, b"\0coderunner-agent")

"""
"""A waiting process that takes its program and forgets it; what follows is what it does instead."""


@pytest.fixture
def ends_with(engine_api: docker.APIClient) -> Iterator[Callable[[str], AttachedAgent]]:
    made: list[AttachedAgent] = []

    def slot(script: str) -> AttachedAgent:
        warm = {"kind": "prestart", "command": ["python3", "-I", "-c", WAITS + script], "env_at_start": False}
        made.append(make_slot(engine_api, "bash", warm=warm))
        return made[-1]

    yield slot
    for agent in made:
        agent.close()


def test_the_exit_is_reported_at_once_with_all_that_was_printed_before(
    ends_with: Callable[[str], AttachedAgent],
) -> None:
    slot = ends_with(r"os.write(1, b'out'); os.write(2, b'err'); say(b'E\7'); time.sleep(30); os.write(1, b'never')")
    for _ in range(2):
        report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
        assert (report.exited["ending"], report.exited["exit_code"], report.exited["signal"]) == ("exited", 7, None)
        assert (report.stdout, report.stderr) == (b"out", b"err")
        assert report.exited["wall_ms"] < 10_000
        assert report.clean["ok"], report.clean


def test_what_it_leaves_running_is_ended_with_it(ends_with: Callable[[str], AttachedAgent]) -> None:
    slot = ends_with(r"subprocess.Popen(['sh', '-c', 'sleep 30; printf late']); say(b'E\0'); time.sleep(30)")
    report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
    assert (report.exited["exit_code"], report.stdout, report.clean["ok"]) == (0, b"", True)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(r"say(b'E\7E')", id="too many"),
        pytest.param(r"say(b'X\7')", id="others"),
        pytest.param("say(b'E')", id="half of them"),
        pytest.param("say(b'')", id="none"),
        pytest.param(r"say(b'X') or say(b'E\7')", id="after others"),
        pytest.param(r"os.waitpid(os.fork() or (say(b'E\7'), os._exit(0)), 0)", id="of a child"),
    ],
)
def test_anything_else_is_not_heard_and_the_program_is_waited_for(
    ends_with: Callable[[str], AttachedAgent], words: str
) -> None:
    slot = ends_with(f"{words}\nos.write(1, b'done')\nsys.exit(3)")
    for _ in range(2):
        report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
        assert (report.exited["ending"], report.exited["exit_code"], report.stdout) == ("exited", 3, b"done")
        assert report.clean["ok"], report.clean


def test_a_flood_ends_nothing_and_leaves_nothing(ends_with: Callable[[str], AttachedAgent]) -> None:
    flood = r"""
line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for _ in range(1000):
    try:
        line.sendto(b"E\7" * 100, socket.MSG_DONTWAIT, b"\0coderunner-agent")
    except BlockingIOError:
        break
os.write(1, b"done")
sys.exit(3)
"""
    slot = ends_with(flood)
    for _ in range(2):
        report = slot.run({"main.sh": ""}, ["bash", "main.sh"])
        assert (report.exited["exit_code"], report.stdout, report.clean["ok"]) == (3, b"done", True)


def test_a_program_started_cold_is_waited_for_whatever_it_says(cold_slot: AttachedAgent) -> None:
    source = r"""
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"E\7", b"\0coderunner-agent")
print("done")
"""
    report = cold_slot.python(source)
    assert (report.exited["exit_code"], report.stdout) == (0, b"done\n")
