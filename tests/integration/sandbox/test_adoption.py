"""What a node finds in the engine when it starts: its own slots, and those of others."""

from __future__ import annotations

import asyncio

from tests.integration.sandbox.conftest import BASH, Bench, crash, run
from tests.unit.docker.builders import MIB


async def test_a_new_node_adopts_the_running_slots_of_one_that_crashed(bench: Bench) -> None:
    crashed = await bench.pool(BASH)
    up = asyncio.Event()
    busy = asyncio.create_task(run(crashed, "echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    before = {container.id for container in bench.containers()}
    crash(crashed)
    new = await bench.pool(BASH)
    assert {container.id for container in bench.containers()} == before
    assert (await run(new, "echo alive; pgrep sleep; ls -A /workspace | wc -l")).stdout == b"alive\n1\n"
    busy.cancel()


async def test_stopped_slots_of_an_orderly_shutdown_are_started_again(bench: Bench) -> None:
    first = await bench.pool(BASH)
    await first.close()
    (stopped,) = bench.containers()
    assert stopped.status == "exited"
    assert stopped.attrs["State"]["ExitCode"] == 0
    second = await bench.pool(BASH)
    assert [container.id for container in bench.containers()] == [stopped.id]
    assert (await run(second, "echo ok")).stdout == b"ok\n"


async def test_slots_of_another_specification_are_destroyed(bench: Bench) -> None:
    await (await bench.pool(BASH)).close()
    (old,) = bench.containers()
    await bench.pool(BASH, memory_bytes=128 * MIB)
    assert old.id not in {container.id for container in bench.containers()}


async def test_slots_of_another_node_are_left_alone_and_their_uids_too(bench: Bench) -> None:
    await bench.pool(BASH, node_id="node-1")
    await bench.pool(BASH, node_id="node-2")
    uids = [container.labels[f"{bench.prefix}.uid"] for container in bench.containers()]
    assert len(set(uids)) == 2
