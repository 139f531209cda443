"""Programs that are talked to while they run, through a real gateway, a real node and Docker."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from coderunner import Client, Execution, InvalidTask, NotFound, Output, Program, Status, Terminal, Waits
from coderunner.task import Interaction, Limits
from tests.servers.waiting import eventually, within

PATIENCE_S = 60
ASKS = "name = input('name? ')\nage = input('age? ')\nprint(f'{name} is {age}')"


async def _runs(client: Client, task_id: str) -> bool:
    return (await client.get(task_id)).status is Status.RUNNING


async def heard_until(program: Program, kind: type[object] = Waits) -> str:
    """All that it prints until it waits, or ends."""
    text = ""
    async for event in program:
        if isinstance(event, Output):
            text += event.text
        if isinstance(event, kind) and not (isinstance(event, Execution) and not event.status.is_final):
            return text
    raise AssertionError(f"it ended: {text}")


@within(PATIENCE_S)
async def test_a_program_is_asked_and_answers(client: Client) -> None:
    async with client.interact("python", ASKS) as program:
        assert await heard_until(program) == "name? "
        await program.write("Ada\n")
        assert await heard_until(program) == "age? "
        await program.write("36\n")
        assert await heard_until(program, Execution) == "Ada is 36\n"
        result = await program.result()
    assert result.status is Status.SUCCEEDED
    assert result.run is not None
    assert result.run.stdout == "name? age? Ada is 36\n"


@within(PATIENCE_S)
async def test_what_is_said_at_once_is_there_when_it_reads(client: Client) -> None:
    async with client.interact("python", ASKS) as program:
        await program.write("Ada\n36\n")
        await program.close_input()
        assert await heard_until(program, Execution) == "name? age? Ada is 36\n"


@within(PATIENCE_S)
async def test_a_compiled_program_is_told_after_it_is_compiled(client: Client) -> None:
    source = "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }"
    async with client.interact("cpp", source) as program:
        await program.write("1 ")
        await heard_until(program)
        await program.write("2\n")
        assert (await heard_until(program, Execution)).strip() == "3"


@within(PATIENCE_S)
async def test_a_terminal(client: Client) -> None:
    source = "import os\nprint(os.get_terminal_size(), os.environ['TERM'])\ninput('? ')\nprint(os.get_terminal_size())"
    async with client.interact("python", source, terminal=Terminal(10, 50)) as program:
        seen = await heard_until(program)
        assert "columns=50, lines=10" in seen
        assert "xterm-256color" in seen
        await program.resize(20, 100)
        await program.write("x\r")
        assert "columns=100, lines=20" in await heard_until(program, Execution)


@within(PATIENCE_S)
async def test_a_signal(client: Client) -> None:
    source = "import time\ntry:\n    print('up', flush=True)\n    time.sleep(60)\n"
    source += "except KeyboardInterrupt:\n    print('stopped')"
    async with client.interact("python", source) as program:
        async for event in program:
            if isinstance(event, Output):
                break
        await program.signal("INT")
        assert (await heard_until(program, Execution)).endswith("stopped\n")


@within(PATIENCE_S)
async def test_who_thinks_for_long_is_waited_for(client: Client) -> None:
    async with client.interact("python", ASKS, limits=Limits(wall_ms=1000)) as program:
        await heard_until(program)
        await asyncio.sleep(1.5)
        await program.write("Ada\n36\n")
        result = await program.result()
    assert result.status is Status.SUCCEEDED
    assert result.run is not None
    assert result.run.wall_ms < 1000


@within(PATIENCE_S)
async def test_who_leaves_ends_the_program(client: Client) -> None:
    async with client.interact("python", ASKS) as program:
        await heard_until(program)
    assert (await client.get(program.id)).status is Status.CANCELLED


@within(PATIENCE_S)
async def test_a_program_whose_client_is_gone_ends_after_its_grace_period(client: Client) -> None:
    task_id = await client.submit("python", ASKS, interaction=Interaction(grace_ms=6000))
    result = await client.follow(task_id)
    assert result.status is Status.CANCELLED
    assert "its client was gone for 6 s" in result.error


@within(PATIENCE_S)
async def test_who_says_nothing_and_is_there_is_waited_for(client: Client) -> None:
    options = Interaction(grace_ms=6000)
    async with client.interact("python", ASKS, interaction=options) as program:
        await heard_until(program)
        await asyncio.sleep(8)
        await program.write("Ada\n36\n")
        assert (await program.result()).status is Status.SUCCEEDED


@within(PATIENCE_S)
async def test_a_task_that_was_submitted_is_talked_to_later(client: Client) -> None:
    task_id = await client.submit("python", ASKS, interaction=Interaction())
    async with client.talk_to(task_id) as program:
        await program.write("Ada\n36\n")
        assert (await program.result()).status is Status.SUCCEEDED


@within(PATIENCE_S)
async def test_who_comes_late_is_told_that_it_waits(client: Client) -> None:
    task_id = await client.submit("python", ASKS, interaction=Interaction())
    await eventually(lambda: _runs(client, task_id))
    await asyncio.sleep(2)  # the news that it waits has come and gone by then
    async with client.talk_to(task_id) as program:
        await heard_until(program)
        await program.write("Ada\n36\n")
        assert (await program.result()).status is Status.SUCCEEDED


@within(PATIENCE_S)
async def test_a_watcher_is_told_nothing_that_it_does_not_know(client: Client) -> None:
    async with client.interact("python", ASKS) as program:
        await heard_until(program)
        watching = asyncio.create_task(client.follow(program.id))
        await program.write("Ada\n36\n")
        assert (await watching).status is Status.SUCCEEDED


@within(PATIENCE_S)
async def test_who_follows_over_http_is_told_that_it_waits(http_url: str, client: Client) -> None:
    async with client.interact("python", ASKS) as program, aiohttp.ClientSession() as session:
        await heard_until(program)
        asked = session.get(f"{http_url}/v1/executions/{program.id}/events")
        async with asked as answer:
            await program.write("Ada\n")
            while await answer.content.readline() != b"event: waits\n":
                pass
            assert await answer.content.readline() == b'data: {"attempt":1}\n'


@within(PATIENCE_S)
async def test_only_so_much_may_be_said(client: Client) -> None:
    async with client.interact("python", "import time\ntime.sleep(5)") as program:
        await program.write("x" * (1 << 20))
        with pytest.raises(InvalidTask):
            await program.write("x")


@within(PATIENCE_S)
async def test_what_cannot_be_talked_to_is_refused(client: Client) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.submit(
            "python",
            ASKS,
            cache="READ",
            interaction=Interaction(terminal=Terminal(0, 2000), grace_ms=1, session_ms=1 << 40),
        )
    assert {one.field for one in refused.value.violations} == {
        "task.cache",
        "task.interaction.terminal.rows",
        "task.interaction.terminal.columns",
        "task.interaction.session_ms",
        "task.interaction.grace_ms",
    }
    with pytest.raises(NotFound):
        async with client.talk_to("no-such-task") as program:
            await program.result()


@within(PATIENCE_S)
async def test_whoever_waits_keeps_nobody_else_waiting(client: Client) -> None:
    async with contextlib.AsyncExitStack() as open_sessions:
        for _ in range(6):
            program = await open_sessions.enter_async_context(client.interact("python", ASKS))
            await heard_until(program)
        async with asyncio.timeout(10):
            assert (await client.run("python", "print(1)")).status is Status.SUCCEEDED


@within(PATIENCE_S)
async def test_twenty_talk_at_once(client: Client) -> None:
    async def one(number: int) -> str:
        async with client.interact("python", "print(input())") as program:
            await heard_until(program)
            await program.write(f"{number}\n")
            result = await program.result()
        assert result.run is not None
        return result.run.stdout

    said = await asyncio.gather(*(one(number) for number in range(20)))
    assert said == [f"{number}\n" for number in range(20)]
