"""The pool on the real engine: adoption, replacement, growth, memory, single use."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from node.application.ports import OnOutput
from node.domain.sandbox import Ending, Launch, Outcome, Role, SandboxLostError
from node.infrastructure.docker import DockerSandboxPool, Isolation
from node.infrastructure.docker.engine import EngineError
from tests.integration.sandbox.conftest import (
    AT_LEISURE,
    PATIENCE_S,
    STANDIN,
    Bench,
    Eventually,
    language,
    standin_language,
)
from tests.unit.docker.builders import MIB, launch, limits, nobody

BASH = language("bash")


async def run(pool: DockerSandboxPool, script: str, on_output: OnOutput = nobody, **changes: Any) -> Outcome:
    """One bash script in a slot of its own."""
    wanted = limits(**{**AT_LEISURE, **changes})
    async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
        return await sandbox.run(what, on_output)


async def run_together(pool: DockerSandboxPool, script: str, count: int, at_once: int) -> tuple[list[Outcome], int]:
    """``count`` bash programs that print something and never end: each is killed once it has printed, and once
    ``at_once`` of them have. Their outcomes, and the most slots that there were when one printed."""
    slots: list[int] = []
    enough = asyncio.Event()
    wanted = limits(**AT_LEISURE)

    async def one() -> Outcome:
        printed = asyncio.Event()
        async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
            what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
            running = asyncio.create_task(sandbox.run(what, lambda stream, data: printed.set()))
            await printed.wait()
            slots.append(pool.slots())
            if len(slots) == at_once:
                enough.set()
            await enough.wait()
            await sandbox.kill()
            return await running

    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*(one() for _ in range(count)))), max(slots)


async def ask(pool: DockerSandboxPool, what: str, name: str = "standin") -> Outcome:
    """One request to the stand-in."""
    async with pool.slot(standin_language(name), Role.RUN, limits()) as sandbox:
        return await sandbox.run(launch(what), nobody)


async def test_a_program_runs_and_its_slot_is_used_again(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    assert (await run(pool, "echo $((6 * 7)); echo oops >&2; exit 3")).stdout == b"42\n"
    outcome = await run(pool, "ls -A /workspace /tmp /dev/shm; pwd; exit 3")
    assert outcome.exit_code == 3
    assert b"main.sh" not in outcome.stdout
    assert len(bench.containers()) == 1


async def test_versions_are_probed_in_the_sandbox(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    ((served, version),) = pool.languages()
    assert served is BASH
    assert version.startswith("5.")


async def test_a_language_whose_image_is_missing_is_left_out(bench: Bench) -> None:
    ghost = language("bash", name="ghost", image="coderunner-test/no-such-image")
    pool = await bench.pool(BASH, ghost)
    assert [served.name for served, _ in pool.languages()] == ["bash"]
    with pytest.raises(SandboxLostError, match="ghost"):
        async with pool.slot(ghost, Role.RUN, limits()):
            pass


async def test_a_node_that_can_serve_nothing_does_not_start(bench: Bench) -> None:
    with pytest.raises(EngineError):
        await bench.pool(language("bash", image="coderunner-test/no-such-image"))


async def test_an_engine_that_does_not_answer_is_said(bench: Bench) -> None:
    with pytest.raises(EngineError, match="does not answer"):
        await bench.pool(BASH, socket="unix:///nonexistent/engine.sock")


async def test_a_new_node_adopts_the_running_slots_of_one_that_crashed(bench: Bench) -> None:
    crashed = await bench.pool(BASH)
    up = asyncio.Event()
    busy = asyncio.create_task(run(crashed, "echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    before = {container.id for container in bench.containers()}
    # The crash: its lines to the agents break, and nothing else happens.
    for shelf in crashed._shelves.values():
        for slot in shelf.group.members:
            slot._line.close()
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


async def test_all_slots_have_different_uids(bench: Bench) -> None:
    pool = await bench.pool(BASH, concurrency=3)
    outcomes, _ = await run_together(pool, "echo $(id -u) $(id -g); exec sleep infinity", 3, at_once=3)
    uids = {outcome.stdout for outcome in outcomes}
    assert len(uids) == 3
    assert all(int(line) >= 400_000 for uid in uids for line in uid.split())


async def test_it_grows_on_demand_and_shrinks_when_idle(bench: Bench, eventually: Eventually) -> None:
    pool = await bench.pool(BASH, concurrency=3, idle_shrink_s=0.5)
    assert pool.slots() == 1
    outcomes, most = await run_together(pool, "echo ok; exec sleep infinity", 6, at_once=3)
    assert [outcome.stdout for outcome in outcomes] == [b"ok\n"] * 6
    assert most == 3
    await eventually(lambda: len(bench.containers()) == 1)


async def test_a_slot_that_is_killed_while_idle_is_replaced_unnoticed(bench: Bench, eventually: Eventually) -> None:
    pool = await bench.pool(BASH)
    (old,) = bench.containers()
    old.kill()
    await eventually(lambda: old.id not in [container.id for container in bench.containers()])
    assert (await run(pool, "echo ok")).stdout == b"ok\n"


async def test_a_slot_that_is_killed_under_its_task_loses_the_task_and_is_replaced(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    (old,) = bench.containers()
    up = asyncio.Event()
    running = asyncio.create_task(run(pool, "echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    await asyncio.to_thread(old.kill)
    with pytest.raises(SandboxLostError):
        await running
    assert (await run(pool, "echo ok")).stdout == b"ok\n"


@pytest.mark.parametrize("misdeed", ["garbage", "oversized", "die", "silent", "stuck"])
async def test_an_agent_that_misbehaves_during_a_task_costs_it_its_slot(
    bench: Bench, misdeed: str, eventually: Eventually
) -> None:
    pool = await bench.pool(standin_language(), agent=STANDIN, patience_s=0.5)
    (old,) = bench.containers()
    async with pool.slot(standin_language(), Role.RUN, limits()) as sandbox:
        with pytest.raises(SandboxLostError):
            await sandbox.run(launch(misdeed, limits=limits(wall_ms=100)), nobody)
    assert (await ask(pool, "ok")).exit_code == 0
    await eventually(lambda: old.id not in [container.id for container in bench.containers()])
    assert pool.slots() == 1


async def test_a_container_that_the_kernel_ends_for_memory_is_a_memory_limit(bench: Bench) -> None:
    pool = await bench.pool(standin_language(), agent=STANDIN)
    assert (await ask(pool, "eat")).ending is Ending.MEMORY
    assert (await ask(pool, "ok")).exit_code == 0


@pytest.mark.parametrize("misdeed", ["dirty", "never clean"])
async def test_a_slot_that_is_not_provably_clean_is_replaced_and_its_task_keeps_its_result(
    bench: Bench, misdeed: str, eventually: Eventually
) -> None:
    pool = await bench.pool(standin_language(), agent=STANDIN, patience_s=0.5)
    (old,) = bench.containers()
    assert (await ask(pool, misdeed)).exit_code == 0
    assert (await ask(pool, "ok")).exit_code == 0
    await eventually(lambda: old.id not in [container.id for container in bench.containers()])


async def test_launches_in_one_hold_follow_each_other_also_over_a_dirty_slot(bench: Bench) -> None:
    pool = await bench.pool(standin_language(), agent=STANDIN)
    async with pool.slot(standin_language(), Role.RUN, limits()) as sandbox:
        for what in ("ok", "dirty", "ok", "dirty", "dirty", "ok"):
            assert (await sandbox.run(launch(what), nobody)).exit_code == 0


async def test_an_agent_that_never_answers_makes_no_slot(bench: Bench) -> None:
    mute = {"__main__.py": b"import time\ntime.sleep(3600)\n"}
    with pytest.raises(EngineError):
        await bench.pool(standin_language(), agent=mute, start_patience_s=0.5)


async def test_a_cancelled_task_leaves_a_slot_that_the_next_one_can_use(bench: Bench) -> None:
    pool = await bench.pool(BASH, concurrency=1)
    (only,) = bench.containers()
    up = asyncio.Event()
    task = asyncio.create_task(run(pool, "trap '' TERM; echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await run(pool, "echo ok; ls -A /workspace | wc -l")).stdout == b"ok\n1\n"
    assert [container.id for container in bench.containers()] == [only.id]


async def test_a_killed_program_returns_its_partial_output(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    wanted = limits(**AT_LEISURE)
    async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.sh": b"echo so far; sleep infinity"}, command=("bash", "main.sh"), limits=wanted)
        up = asyncio.Event()
        running = asyncio.create_task(sandbox.run(what, lambda stream, data: up.set()))
        await up.wait()
        await sandbox.kill()
        outcome = await running
    assert (outcome.ending, outcome.stdout) == (Ending.CANCELLED, b"so far\n")


async def test_memory_is_what_the_task_asked_for(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    fill = "head -c 100M /dev/zero > /dev/shm/a 2>/dev/null; x=$(head -c 60M /dev/zero | tr '\\0' x); echo ${#x}"
    assert (await run(pool, fill)).stdout == b"62914560\n"
    small = await run(pool, fill, memory_bytes=32 * MIB)
    assert small.ending is Ending.MEMORY
    (container,) = bench.containers()
    assert container.attrs["HostConfig"]["Memory"] == 32 * MIB + 16 * MIB
    assert container.attrs["HostConfig"]["MemorySwap"] == container.attrs["HostConfig"]["Memory"]
    assert (await run(pool, fill)).stdout == b"62914560\n"


async def test_more_disk_than_the_slots_have_gets_a_slot_of_its_own(bench: Bench, eventually: Eventually) -> None:
    pool = await bench.pool(BASH, disk_bytes=8 * MIB)
    write = "head -c 20M /dev/zero > big && echo written"
    assert (await run(pool, write, disk_bytes=8 * MIB)).stdout == b""
    assert (await run(pool, write, disk_bytes=32 * MIB)).stdout == b"written\n"
    await eventually(lambda: len(bench.containers()) == 1)


async def test_single_use_slots_run_one_task_each_and_a_spare_is_ready(bench: Bench, eventually: Eventually) -> None:
    pool = await bench.pool(BASH, isolation=Isolation.SINGLE_USE, concurrency=1)
    uids = [(await run(pool, "cat /proc/sys/kernel/random/boot_id; id -u")).exit_code for _ in range(3)]
    assert uids == [0, 0, 0]
    await eventually(lambda: len(bench.containers()) == 1)
    (spare,) = bench.containers()
    await run(pool, "true")
    await eventually(lambda: spare.id not in [container.id for container in bench.containers()])


async def test_a_slot_is_retired_after_its_share_of_tasks(bench: Bench, eventually: Eventually) -> None:
    pool = await bench.pool(BASH, retire_after=4)
    (first,) = bench.containers()
    for _ in range(4):
        assert (await run(pool, "echo ok")).stdout == b"ok\n"
    await eventually(lambda: first.id not in [container.id for container in bench.containers()])
    assert (await run(pool, "echo ok")).stdout == b"ok\n"


async def test_no_secret_of_the_host_is_in_a_container(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_TOKEN", "hush-hush")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush-hush@proxy")
    pool = await bench.pool(BASH)
    (container,) = bench.containers()
    assert "hush-hush" not in json.dumps(container.attrs)
    assert b"hush" not in (await run(pool, "env; cat /proc/1/environ")).stdout


async def test_peak_memory_is_the_programs_own(bench: Bench) -> None:
    pool = await bench.pool(BASH)
    idle = (await run(pool, "true")).peak_memory_bytes
    big = (await run(pool, "x=$(head -c 40M /dev/zero | tr '\\0' x); echo ${#x}")).peak_memory_bytes
    again = (await run(pool, "true")).peak_memory_bytes
    assert idle < 8 * MIB
    assert again < 8 * MIB
    assert 40 * MIB < big < 256 * MIB


async def test_closing_is_quick_and_leaves_nothing_running(bench: Bench) -> None:
    pool = await bench.pool(BASH, language("python"))
    async with asyncio.timeout(5):
        await pool.close()
    assert {container.status for container in bench.containers()} == {"exited"}
