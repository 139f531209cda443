"""Ways to stop ``coderunner run`` before its task ends; each cancels the task."""

from __future__ import annotations

import signal
import threading

from tests.fakes.answers import chunk, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.command import running_command
from tests.unit.cli.command import Cli


def test_ctrl_c_cancels_the_task_and_exits_with_130(
    gateway: FakeGateway, environment: dict[str, str], hello: str
) -> None:
    gateway.script = lambda task: Script(ran(), live=[chunk("ready\n")], hold=threading.Event())
    with running_command("run", hello, environment=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b"\n"  # the terminal shows ^C in that line
    assert len(gateway.of("Cancel")) == 1


def test_a_reader_who_goes_away_cancels_the_task(gateway: FakeGateway, environment: dict[str, str], hello: str) -> None:
    live = [chunk("y" * 100_000, 100_000 * number) for number in range(20)]
    gateway.script = lambda task: Script(ran(), live=live, hold=threading.Event())
    with running_command("run", hello, environment=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""
    assert len(gateway.of("Cancel")) == 1


def test_the_timeout_cancels_the_task(gateway: FakeGateway, coderunner: Cli, hello: str) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    done = coderunner("run", "--timeout", "0.3", hello)
    assert done.returncode == 124
    assert "no result within 0.3 s; the task is cancelled" in done.stderr
    assert len(gateway.of("Cancel")) == 1
