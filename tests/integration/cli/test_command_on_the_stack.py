"""The command and the client on real parts: gateway, bus, node, containers."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coderunner import Client, Output, Status
from tests.servers import EtcdServer, NatsServer
from tests.servers.command import COMMAND, Done, environment_for, run_command, running_command
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack

Command = Callable[..., Done]


@pytest.fixture
async def stack(start_stack: StartStack, request: pytest.FixtureRequest) -> Stack:
    """Serves Python only, which is there sooner, unless the test asks for others."""
    languages = getattr(request, "param", ["python"])
    stack = start_stack(node={"languages": languages})
    await stack.wait_served(*languages)
    return stack


@pytest.fixture
def environment(stack: Stack) -> dict[str, str]:
    return environment_for(stack.gateways[0].target)


@pytest.fixture
def coderunner(environment: dict[str, str], tmp_path: Path) -> Command:
    def call(*arguments: str, stdin: str = "") -> Done:
        return run_command(arguments, environment, tmp_path, stdin)

    return call


def test_a_program_runs_as_if_it_were_local(coderunner: Command, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys, os\nprint(sys.argv[1:], input(), os.environ['K'])\nprint('aside', file=sys.stderr)\nsys.exit(7)\n"
    )
    done = coderunner("run", "program.py", "--arg", "-x", "--stdin", "-", "--env", "K=V", stdin="typed\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "['-x'] typed V\n", "aside\n")
    done = coderunner("run", "-l", "py", "-", "--json", stdin="import os; os.kill(os.getpid(), 11)")
    assert done.returncode == 139, done.stderr
    execution = json.loads(done.stdout)
    assert (execution["status"], execution["run"]["exit_code"], execution["run"]["signal"]) == ("FAILED", None, 11)
    shown = coderunner("task", execution["id"])
    assert "SIGSEGV (11)" in shown.stdout + shown.stderr
    assert execution["id"] in coderunner("tasks", "--status", "FAILED", "--language", "python").stdout
    assert coderunner("cancel", execution["id"]).returncode == 1
    assert coderunner("nodes").returncode == 0
    assert "python" in coderunner("languages").stdout
    assert json.loads(coderunner("bench", "-n", "5", "--json").stdout)["failed"] == 0
    assert coderunner("run", "-l", "cobol", "-", stdin="DISPLAY 'HELLO'.").returncode == 69
    refused = coderunner("run", "-l", "python", "-")
    assert (refused.returncode, refused.stderr) == (2, "coderunner: task.files[0].content: is empty\n")


@pytest.mark.parametrize("stack", [["python", "java", "cpp", "go", "javascript", "bash"]], indirect=True)
def test_the_doctor_finds_every_part_of_a_working_stack_well(
    stack: Stack, coderunner: Command, environment: dict[str, str]
) -> None:
    assert isinstance(stack.nats, NatsServer)
    assert isinstance(stack.etcd, EtcdServer)
    environment |= {
        "CODERUNNER_GATEWAY_NATS_URLS": stack.nats.url,
        "CODERUNNER_GATEWAY_ETCD_ENDPOINTS": stack.etcd.endpoint,
        "CODERUNNER_GATEWAY_HTTP_ADDRESS": f"127.0.0.1:{stack.gateways[0].http_port}",
    }
    done = coderunner("doctor", "--json")
    report = json.loads(done.stdout)
    unwell = [check for check in report["checks"] if check["state"] in ("wrong", "skipped")]
    assert unwell == []
    assert done.returncode == 0
    assert sum(check["part"] == "languages" for check in report["checks"]) == 6


def test_a_limit_ends_the_program_and_its_output_stays(coderunner: Command) -> None:
    done = coderunner(
        "run", "-l", "python", "-", "--wall", "0.5", stdin="print('so far', flush=True)\nwhile True: pass"
    )
    assert (done.returncode, done.stdout) == (124, "so far\n")
    assert "stopped at its time limit" in done.stderr


def test_output_is_live_and_ctrl_c_cancels_the_task(environment: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "slow.py"
    source.write_text("import time\nfor n in range(100):\n    print(n, flush=True)\n    time.sleep(0.1)\n")
    began = time.monotonic()
    with running_command("run", str(source), "--label", "test=ctrl-c", environment=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"
        assert process.stdout.readline() == b"1\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert time.monotonic() - began < 9  # the program alone takes ten
    found = subprocess.run(
        [*COMMAND, "tasks", "--label", "test=ctrl-c", "--json"],
        capture_output=True,
        timeout=30,
        check=True,
        env=environment,
    )
    assert [execution["status"] for execution in json.loads(found.stdout)] == ["CANCELLED"]


async def test_run_survives_a_restart_of_the_gateway_and_runs_once(stack: Stack) -> None:
    shown: list[str] = []
    started = asyncio.Event()

    def note(output: Output) -> None:
        shown.append(output.text)
        started.set()

    source = "import time\nprint('first', flush=True)\ntime.sleep(4)\nprint('last')"
    async with stack.client() as client:
        live = asyncio.create_task(client.run("python", source, on_output=note))
        silent = asyncio.create_task(client.run("python", source))
        await asyncio.wait_for(started.wait(), 30)
        gateway = stack.gateways[0]
        await asyncio.to_thread(gateway.stop)
        gateway.start(wait=False)
        results = [await live, await silent]
    assert [execution.status for execution in results] == [Status.SUCCEEDED, Status.SUCCEEDED]
    assert "".join(shown) == "first\nlast\n"
    async with Client(gateway.target) as client:
        assert len([execution async for execution in client.list()]) == 2
