"""What an assistant gets from a real gateway and a simulated node, over each transport of ``coderunner mcp``."""

from __future__ import annotations

import asyncio

import pytest
from mcp import Client

from coderunner.model import Status
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.assistant import WAYS
from tests.servers.command import environment_for
from tests.servers.waiting import eventually

LONG_MS = 60_000


@pytest.mark.parametrize("way", WAYS)
async def test_a_program_is_heard_while_it_runs_and_killed_when_its_call_is_given_up(
    shared: SharedStack, way: str
) -> None:
    await shared.node(concurrency=1, simulated_run_ms=LONG_MS)
    gateway = await shared.client()
    async with WAYS[way](environment_for(gateway.target)) as assistant:
        call, said = _called(assistant, shared.language)
        async with asyncio.timeout(20):
            assert await said == "said at once"
        (task,) = [one async for one in gateway.list(language=shared.language)]
        assert (task.status, task.labels) == (Status.RUNNING, {"from": "mcp"})
        call.cancel()

        async def cancelled() -> bool:
            return (await gateway.get(task.id)).status is Status.CANCELLED

        await eventually(cancelled)
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_task_that_waits_never_starts_when_its_assistant_goes_away(shared: SharedStack) -> None:
    await shared.node(concurrency=1, simulated_run_ms=LONG_MS)
    gateway = await shared.client()
    async with WAYS["stdio"](environment_for(gateway.target)) as assistant:
        first, said = _called(assistant, shared.language)
        async with asyncio.timeout(20):
            await said
        second, _ = _called(assistant, shared.language)

        async def both() -> bool:
            return len([one async for one in gateway.list(language=shared.language)]) == 2

        await eventually(both)
    await asyncio.gather(first, second, return_exceptions=True)
    assert {one.status async for one in gateway.list(language=shared.language)} == {Status.CANCELLED}


async def test_the_gateways_bounds_are_told_in_its_own_words(shared: SharedStack) -> None:
    await shared.node()
    gateway, _ = await shared.gateway(quota_rate_per_s=0.001, quota_burst=1)
    async with WAYS["stdio"](environment_for(gateway.target)) as assistant:
        asked = {"language": shared.language, "code": "x"}
        wrong = await assistant.call_tool("run_code", {**asked, "limits": {"wall_ms": 10**12}})
        unserved = await assistant.call_tool("run_code", {**asked, "language": "cobol"})
        well = await assistant.call_tool("run_code", asked)
        soon = await assistant.call_tool("run_code", asked)
    (violation,) = wrong.structured_content["violations"]
    assert violation["field"] == "task.limits.wall_ms"
    assert "no live node serves" in unserved.structured_content["error"]
    assert soon.structured_content["retry_after_s"] > 1
    assert [one.is_error for one in (wrong, unserved, well, soon)] == [True, True, False, True]


def _called(assistant: Client, language: str) -> tuple[asyncio.Task[object], asyncio.Future[str | None]]:
    """A call under way, and the first that is heard of its program."""
    said: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        if not said.done():
            said.set_result(message)

    asked = {"language": language, "code": "(nothing runs)", "stdin": "said at once"}
    return asyncio.create_task(assistant.call_tool("run_code", asked, progress_callback=heard)), said
