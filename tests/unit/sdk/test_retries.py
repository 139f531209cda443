"""A gateway that fails for a moment, restarts, or is not there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import grpc
import pytest

from coderunner import Client, GatewayUnavailable
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script


async def test_a_passing_failure_is_tried_again_with_the_same_key(gateway: FakeGateway) -> None:
    gateway.failures = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    async with Client(gateway.target) as client:
        await client.run("python", "")
    keys = [request.task.idempotency_key for request in gateway.of("Execute")]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert keys[0]


async def test_two_runs_have_different_keys(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        assert await client.submit("python", "") != await client.submit("python", "")


async def test_run_survives_a_restart_of_the_gateway(gateway: FakeGateway) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("done"), hold=hold)
    async with Client(gateway.target) as client:
        running = asyncio.create_task(client.run("python", ""))
        await asyncio.to_thread(gateway.wait_for, "Execute")
        await asyncio.to_thread(gateway.stop)
        await asyncio.to_thread(gateway.start)
        execution = await running
    assert execution.run is not None
    assert execution.run.stdout == "done"
    keys = [request.task.idempotency_key for request in gateway.of("Execute")]
    assert len(keys) > 1
    assert len(set(keys)) == 1


async def test_a_gateway_that_is_not_there_is_given_up_soon() -> None:
    with FakeGateway() as gone:
        pass
    async with Client(gone.target, connect_timeout_s=0.2) as client:
        with pytest.raises(GatewayUnavailable, match=gone.target):
            await client.run("python", "")


def test_the_library_writes_nothing_of_its_own_while_it_retries() -> None:
    with FakeGateway() as gone:
        pass
    program = (
        "from coderunner import GatewayUnavailable, SyncClient\n"
        f"with SyncClient({gone.target!r}, connect_timeout_s=0.5) as client:\n"
        "    try: client.run('python', '')\n"
        "    except GatewayUnavailable: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_program_that_lets_the_error_through_prints_its_traceback_and_nothing_else() -> None:
    with FakeGateway() as gone:
        pass
    program = (
        "from coderunner import SyncClient\n"
        f"with SyncClient({gone.target!r}, connect_timeout_s=0.5) as client:\n"
        "    client.run('python', '')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert done.stderr.splitlines()[-1].startswith("coderunner.errors.GatewayUnavailable: ")


def test_a_program_that_logs_hears_of_retries_from_the_logger_of_that_name() -> None:
    with FakeGateway() as gone:
        pass
    program = (
        "import logging, sys\n"
        "from coderunner import GatewayUnavailable, SyncClient\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(name)s %(message)s')\n"
        f"with SyncClient({gone.target!r}, connect_timeout_s=0.5) as client:\n"
        "    try: client.run('python', '')\n"
        "    except GatewayUnavailable: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    assert lines
    assert all(line.startswith("coderunner call ") for line in lines)


def test_the_library_leaves_what_the_program_has_set_up_for_the_whole_process_alone() -> None:
    with FakeGateway() as gone:
        pass
    program = (
        "import sys\n"
        "from coderunner import GatewayUnavailable, SyncClient\n"
        f"with SyncClient({gone.target!r}, connect_timeout_s=0.5) as client:\n"
        "    try: client.run('python', '')\n"
        "    except GatewayUnavailable: pass\n"
        "sys.exit(' '.join({'stamina', 'structlog'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr.strip()) == ("", "")
