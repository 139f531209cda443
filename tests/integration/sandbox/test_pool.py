"""The pool on the real engine: what it serves, how it grows, what ends a program, and its own end."""

from __future__ import annotations

import asyncio
import json

import pytest

from node.domain.sandbox import Ending, Launch, Role, SandboxLostError
from node.infrastructure.docker.engine.client import EngineError
from tests.builders import some_limits
from tests.integration.sandbox.languages import AT_LEISURE, BASH, language, standin_language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.integration.sandbox.runs import run, run_together


async def test_a_program_runs_and_its_slot_is_used_again(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    assert (await run(pool, "echo $((6 * 7)); echo oops >&2; exit 3")).stdout == b"42\n"
    outcome = await run(pool, "ls -A /workspace /tmp /dev/shm; pwd; exit 3")
    assert outcome.exit_code == 3
    assert b"main.sh" not in outcome.stdout
    assert len(engine.containers()) == 1


async def test_versions_are_probed_in_the_sandbox(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    ((served, version),) = pool.languages()
    assert served is BASH
    assert version.startswith("5.")


async def test_a_language_whose_image_is_missing_is_left_out(engine: PrefixedEngine) -> None:
    ghost = language("bash", name="ghost", image="coderunner-test/no-such-image")
    pool = await engine.pool(BASH, ghost)
    assert [served.name for served, _ in pool.languages()] == ["bash"]
    with pytest.raises(SandboxLostError, match="ghost"):
        async with pool.slot(ghost, Role.RUN, some_limits()):
            pass


async def test_a_node_that_can_serve_nothing_does_not_start(engine: PrefixedEngine) -> None:
    with pytest.raises(EngineError):
        await engine.pool(language("bash", image="coderunner-test/no-such-image"))


async def test_an_engine_that_does_not_answer_is_said(engine: PrefixedEngine) -> None:
    with pytest.raises(EngineError, match="does not answer"):
        await engine.pool(BASH, socket="unix:///nonexistent/engine.sock")


async def test_an_agent_that_never_answers_makes_no_slot(engine: PrefixedEngine) -> None:
    mute = {"__main__.py": b"import time\ntime.sleep(3600)\n"}
    with pytest.raises(EngineError):
        await engine.pool(standin_language(), agent=mute, start_patience_s=0.5)


async def test_all_slots_have_different_uids(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH, concurrency=3)
    outcomes, _ = await run_together(pool, "echo $(id -u) $(id -g); exec sleep infinity", 3, at_once=3)
    uids = {outcome.stdout for outcome in outcomes}
    assert len(uids) == 3
    assert all(int(line) >= 400_000 for uid in uids for line in uid.split())


async def test_it_grows_on_demand_and_shrinks_when_idle(engine: PrefixedEngine, eventually: Eventually) -> None:
    pool = await engine.pool(BASH, concurrency=3, idle_shrink_s=0.5)
    assert pool.slots() == 1
    outcomes, most = await run_together(pool, "echo ok; exec sleep infinity", 6, at_once=3)
    assert [outcome.stdout for outcome in outcomes] == [b"ok\n"] * 6
    assert most == 3
    await eventually(lambda: len(engine.containers()) == 1)


async def test_a_cancelled_task_leaves_a_slot_that_the_next_one_can_use(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH, concurrency=1)
    (only,) = engine.containers()
    up = asyncio.Event()
    task = asyncio.create_task(run(pool, "trap '' TERM; echo up; sleep infinity", lambda stream, data: up.set()))
    await up.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await run(pool, "echo ok; ls -A /workspace | wc -l")).stdout == b"ok\n1\n"
    assert [container.id for container in engine.containers()] == [only.id]


async def test_a_killed_program_returns_its_partial_output(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH)
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.sh": b"echo so far; sleep infinity"}, command=("bash", "main.sh"), limits=wanted)
        up = asyncio.Event()
        running = asyncio.create_task(sandbox.run(what, lambda stream, data: up.set()))
        await up.wait()
        await sandbox.kill()
        outcome = await running
    assert (outcome.ending, outcome.stdout) == (Ending.CANCELLED, b"so far\n")


async def test_no_secret_of_the_host_is_in_a_container(engine: PrefixedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODERUNNER_TOKEN", "hush-hush")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hush-hush@proxy")
    pool = await engine.pool(BASH)
    (container,) = engine.containers()
    assert "hush-hush" not in json.dumps(container.attrs)
    assert b"hush" not in (await run(pool, "env; cat /proc/1/environ")).stdout


async def test_closing_is_quick_and_leaves_nothing_running(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH, language("python"))
    async with asyncio.timeout(5):
        await pool.close()
    assert {container.status for container in engine.containers()} == {"exited"}
