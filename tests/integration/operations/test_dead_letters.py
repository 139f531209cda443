"""Dead letters of real gateways and nodes: how they come about, how they are shown, what a redrive does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from coderunner import NotFound, NotRedriven, Operator, Status, Unauthenticated
from tests.integration.operations.operating import NODE, PATIENCE_S, Command, deliveries, operator
from tests.servers import NatsServer
from tests.servers.fixtures import StartStack
from tests.servers.ports import free_port
from tests.servers.stack import Stack
from tests.servers.waiting import eventually


class Receiver:
    """A callback that answers 503 until it ``works``, and takes what comes with a key that it has seen for a repetition
    of what it has."""

    def __init__(self) -> None:
        self.works = False
        self.taken: list[str] = []
        self.keys: list[str] = []
        self.port = free_port()
        self._took = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done"

    async def answer(self, request: web.Request) -> web.Response:
        if not self.works:
            return web.Response(status=503)
        key = request.headers["Idempotency-Key"]
        if key not in self.keys:
            self.keys.append(key)
            async with self._took:
                self.taken.append((await request.json())["status"])
                self._took.notify_all()
        return web.Response()

    async def took(self, count: int) -> None:
        """Returns once it has so many. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S), self._took:
            await self._took.wait_for(lambda: len(self.taken) >= count)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/done", receiver.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def stack(start_stack: StartStack) -> Stack:
    stack = start_stack(
        node=NODE,
        gateway={"callback_allowed_networks": ["127.0.0.0/8"], "relay_attempts": 2, "relay_base_s": 0.05},
    )
    await stack.wait_served("python")
    return stack


async def letters(client: Operator, count: int, reason: str = "") -> list[str]:
    """The ids, newest first, once there are so many."""
    found: list[str] = []

    async def there() -> bool:
        found[:] = [one.id async for one in client.dead(reason)]
        return len(found) == count

    await eventually(there, PATIENCE_S)
    return found


async def test_a_poisonous_task_is_given_up_shown_and_redriven_on_a_healthy_slot(
    stack: Stack, command: Command, tmp_path: Path
) -> None:
    ill = tmp_path / "the slot is ill"
    ill.touch()
    async with operator(stack) as client:
        failed = await client.run("python", "print(42)", env={"SIMULATED_LOST": str(ill)}, stdin="hello")
        assert (failed.status, failed.attempt) == (Status.INTERNAL_ERROR, 2)
        assert await letters(client, 1, "poison") == [failed.id]
        assert failed.id in (await command(stack, "dead", "list")).stdout
        shown = json.loads((await command(stack, "dead", "show", failed.id, "--json")).stdout)
        assert shown["reason"] == "poison"
        assert "the sandbox was lost" in shown["detail"]
        assert shown["node_id"] == stack.nodes[0].name
        assert json.loads(shown["payload"])["files"][0]["content"] == "print(42)"
        ill.unlink()
        redriven = await command(stack, "dead", "redrive", failed.id)
        assert (redriven.returncode, redriven.stderr) == (0, "")
        healed = await client.follow(failed.id)
        assert (healed.status, healed.attempt) == (Status.SUCCEEDED, 1)
        assert healed.run is not None
        assert healed.run.stdout == "hello"
        assert [one.status async for one in client.list()] == [Status.SUCCEEDED]
        assert await letters(client, 0) == []
        with pytest.raises(NotFound):
            await client.redrive(failed.id)
    assert isinstance(stack.nats, NatsServer)
    assert "ermissions" not in stack.nats.tail(1000)


async def test_a_redriven_task_has_all_its_attempts_again(stack: Stack) -> None:
    async with operator(stack) as client:
        failed = await client.run("python", "x", env={"SIMULATED_LOST": "1"})
        for _ in range(2):
            await letters(client, 1)
            await client.redrive(failed.id)
            again = await client.follow(failed.id)
            assert (again.status, again.attempt) == (Status.INTERNAL_ERROR, 2)
        assert await letters(client, 1) == [failed.id]


async def test_of_many_redrives_at_once_on_two_gateways_one_runs_the_task(stack: Stack, tmp_path: Path) -> None:
    second = stack.add_gateway()
    ill = tmp_path / "ill"
    ill.touch()
    async with operator(stack) as client, Operator(second.target) as other:
        failed = await client.run("python", "x", env={"SIMULATED_LOST": str(ill)})
        await letters(client, 1)
        ill.unlink()
        answers = await asyncio.gather(*(one.redrive(failed.id) for one in (client, other) * 4), return_exceptions=True)
        assert {type(answer) for answer in answers} <= {type(None), NotFound}
        assert (await client.follow(failed.id)).status is Status.SUCCEEDED
        assert await deliveries(stack) == failed.attempt + 1
        assert await letters(client, 0) == []


async def test_an_undelivered_result_is_delivered_by_a_redrive_once_its_callback_works(
    stack: Stack, receiver: Receiver
) -> None:
    async with operator(stack) as client:
        execution = await client.run("python", "x", callback=receiver.url)
        assert execution.status is Status.SUCCEEDED
        assert await letters(client, 1, "undelivered") == [execution.id]
        letter = await client.dead_letter(execution.id)
        assert "the endpoint answered 503" in letter.detail
        with pytest.raises(NotRedriven, match="the endpoint answered 503"):
            await client.redrive(execution.id)
        assert await letters(client, 1) == [execution.id]
        receiver.works = True
        await client.redrive(execution.id)
        assert receiver.taken == ["SUCCEEDED"]
        assert await letters(client, 0) == []
        assert await client.get(execution.id) == execution


async def test_a_redriven_tasks_new_result_goes_to_its_callback(
    stack: Stack, receiver: Receiver, tmp_path: Path
) -> None:
    ill = tmp_path / "ill"
    ill.touch()
    async with operator(stack) as client:
        failed = await client.run("python", "x", env={"SIMULATED_LOST": str(ill)}, callback=receiver.url)
        assert await letters(client, 2) == [failed.id] * 2
        ill.unlink()
        receiver.works = True
        await client.redrive(failed.id)
        await receiver.took(1)
        assert receiver.taken == ["SUCCEEDED"]
        assert await letters(client, 0) == []


async def test_who_was_told_of_the_failure_is_told_of_the_new_result_as_of_something_new(
    stack: Stack, receiver: Receiver, tmp_path: Path
) -> None:
    ill = tmp_path / "ill"
    ill.touch()
    receiver.works = True
    async with operator(stack) as client:
        submission: dict[str, Any] = {
            "env": {"SIMULATED_LOST": str(ill)},
            "callback": receiver.url,
            "idempotency_key": "one",
        }
        failed = await client.run("python", "x", **submission)
        await receiver.took(1)
        await letters(client, 1)
        await client.redrive(failed.id)
        await receiver.took(2)
        await letters(client, 1)
        ill.unlink()
        await client.redrive(failed.id)
        await receiver.took(3)
        assert receiver.taken == ["INTERNAL_ERROR", "INTERNAL_ERROR", "SUCCEEDED"]
        assert receiver.keys[0] == failed.id
        assert len(set(receiver.keys)) == 3
        assert (await client.run("python", "x", **submission)).id == failed.id
        assert (await client.get(failed.id)).status is Status.SUCCEEDED


async def test_only_an_operators_token_opens_the_dead_letters(start_stack: StartStack, command: Command) -> None:
    tokens = {"tokens.ops": "ops-token", "tokens.blog": "blog-token"}  # dotted keys, as TOML has them
    stack = start_stack(nodes=0, gateway={**tokens, "operators": ["ops"]})
    async with operator(stack, "blog-token") as client:
        assert await client.nodes() == ()
        with pytest.raises(Unauthenticated):
            await client.redrive("t1")
    assert (await command(stack, "dead", "list", token="blog-token")).returncode == 77
    listed = await command(stack, "dead", "list", "--json", token="ops-token")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, [])
