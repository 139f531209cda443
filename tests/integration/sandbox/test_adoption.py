"""What a node finds in the engine when it starts: its own slots, and those of others."""

from __future__ import annotations

import asyncio

from tests.builders import MIB
from tests.integration.sandbox.languages import BASH
from tests.integration.sandbox.prefixed_engine import PrefixedEngine, crash
from tests.integration.sandbox.runs import run


async def test_a_new_node_adopts_the_running_slots_of_one_that_crashed(engine: PrefixedEngine) -> None:
    crashed = await engine.pool(BASH)
    up = asyncio.Event()
    busy = asyncio.create_task(run(crashed, "echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    before = {container.id for container in engine.containers()}
    crash(crashed)
    new = await engine.pool(BASH)
    assert {container.id for container in engine.containers()} == before
    assert (await run(new, "echo alive; pgrep sleep; ls -A /workspace | wc -l")).stdout == b"alive\n1\n"
    busy.cancel()


async def test_stopped_slots_of_an_orderly_shutdown_are_started_again(engine: PrefixedEngine) -> None:
    first = await engine.pool(BASH)
    await first.close()
    (stopped,) = engine.containers()
    assert stopped.status == "exited"
    assert stopped.attrs["State"]["ExitCode"] == 0
    second = await engine.pool(BASH)
    assert [container.id for container in engine.containers()] == [stopped.id]
    assert (await run(second, "echo ok")).stdout == b"ok\n"


async def test_slots_of_another_specification_are_destroyed(engine: PrefixedEngine) -> None:
    await (await engine.pool(BASH)).close()
    (old,) = engine.containers()
    await engine.pool(BASH, memory_bytes=128 * MIB)
    assert old.id not in {container.id for container in engine.containers()}


async def test_slots_of_another_node_are_left_alone_and_their_uids_too(engine: PrefixedEngine) -> None:
    await engine.pool(BASH, node_id="node-1")
    await engine.pool(BASH, node_id="node-2")
    uids = [container.labels[f"{engine.prefix}.uid"] for container in engine.containers()]
    assert len(set(uids)) == 2
