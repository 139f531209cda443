"""A bus that cannot store is told by everybody, costs no task, and is used again once it can."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from coderunner import Client, Limits
from coderunner.errors import CodeRunnerError, QueueFull
from coderunner.model import Status
from schemas import names
from schemas.topology import RESULTS_SHARE
from tests.integration.guarantees.simulated_tasks import lasting, started
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Daemon, Stack
from tests.servers.waiting import eventually

LANGUAGE = "nolang"
DISK_MIB = 48
LARGE = "x" * 200_000
ALL_OF_IT = Limits(output_bytes=1 << 20)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The place of a server's store, on a file system of its own."""
    store = tmp_path / "nats-store"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(store)], check=True)
    yield store
    subprocess.run(["umount", "--lazy", str(store)], check=True)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, NatsServer(tmp_path, roles=True), EtcdServer(tmp_path))
    try:
        for server in (*made.nats.members, *made.etcd.members):
            server.start()
        yield made
    finally:
        made.close()


def add_node(stack: Stack) -> Daemon:
    return stack.add_node(
        sandbox="simulated", simulated_languages=[LANGUAGE], pools=["simulated"], concurrency=2, reconnect_max_s=0.5
    )


def fill(ballast: Path) -> None:
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], check=False, capture_output=True)


def parts(daemon: Daemon) -> tuple[int, bool]:
    """What ``/ready`` says of it, and of the store."""
    status, body = daemon.get("/ready")
    return status, json.loads(body)["parts"]["store"]


async def test_while_the_disk_is_full_nothing_is_run_twice_and_everybody_says_so(
    small_disk: Path, stack: Stack
) -> None:
    gateway, node = stack.add_gateway(), add_node(stack)
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        task_id = await client.submit(LANGUAGE, "x", stdin=LARGE, env=lasting(4000), limits=ALL_OF_IT)
        await started(client, task_id)
        ballast = small_disk / "ballast"
        await asyncio.to_thread(fill, ballast)
        async with Client(gateway.target, connect_timeout_s=1) as another:
            with pytest.raises(CodeRunnerError):
                await another.submit(LANGUAGE, "x", stdin=LARGE)
        await eventually(lambda: "store_waits" in node.log.read_text(), 60)
        full = (HTTPStatus.SERVICE_UNAVAILABLE, False)
        await eventually(lambda: (parts(gateway), parts(node)) == (full, full), 60)

        ballast.unlink()
        (nats,) = stack.nats.members
        nats.stop()
        nats.start()
        works = (HTTPStatus.OK, True)
        await eventually(lambda: (parts(gateway), parts(node)) == (works, works), 60)
        execution = await asyncio.wait_for(client.follow(task_id), 60)
        assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1), f"{node.tail()}\n{nats.tail()}"
        assert execution.run is not None
        assert execution.run.stdout == LARGE
        assert (await client.run(LANGUAGE, "x")).status is Status.SUCCEEDED


async def test_the_oldest_results_make_room_for_new_ones(stack: Stack) -> None:
    bus_bytes = 64 << 20
    stack.add_gateway(bus_bytes=bus_bytes)
    add_node(stack)
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        for _ in range(5):
            runs = [client.run(LANGUAGE, "x", stdin=LARGE, limits=ALL_OF_IT) for _ in range(40)]
            assert {one.status for one in await asyncio.gather(*runs)} == {Status.SUCCEEDED}
    (nats,) = stack.nats.members
    operator = await nats.connect("operator")
    info = json.loads((await operator.request(f"$JS.API.STREAM.INFO.{names.STREAM_RESULTS}")).data)
    await operator.close()
    assert info["config"]["max_bytes"] == int(bus_bytes * RESULTS_SHARE) >= info["state"]["bytes"]
    assert 40 < info["state"]["messages"] < 200


async def test_a_client_that_fills_its_share_of_the_results_is_refused_and_others_are_not(stack: Stack) -> None:
    gateway = stack.add_gateway(bus_bytes=64 << 20, quota_stored_share=0.25, tokens={"blog": "b", "school": "s"})
    add_node(stack)
    async with Client(gateway.target, token="b") as blog, Client(gateway.target, token="s") as school:

        async def served() -> bool:
            return LANGUAGE in {one.name for one in await blog.languages()}

        async def refused() -> bool:
            """Tells once a result that is stored has been counted, which is a moment after it was told."""
            try:
                await blog.run(LANGUAGE, "x", stdin=LARGE, limits=ALL_OF_IT)
            except QueueFull:
                return True
            return False

        await eventually(served, 30)
        await eventually(refused, 60)
        assert (await school.run(LANGUAGE, "x")).status is Status.SUCCEEDED
