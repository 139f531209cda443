"""What has ended is in the database and leaves the bus; who asks sees no seam between the two, and nothing is missing
or there twice, whatever dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from broker_gateway.infrastructure.history.store import SqlHistoryStore
from coderunner import Client, NotFound
from coderunner.model import Execution, Status
from coderunner.v1 import execution_pb2, execution_pb2_grpc
from schemas import names
from tests.integration.guarantees.simulated_tasks import submit
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Gateway, Stack
from tests.servers.waiting import eventually

LANGUAGE = "nolang"
SHORT: dict[str, Any] = {"event_age_s": 1.0, "result_age_s": 1.0}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, NatsServer(tmp_path, roles=True), EtcdServer(tmp_path))
    try:
        for server in (*made.nats.members, *made.etcd.members):
            server.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/history.db"


def add_gateway(stack: Stack, url: str, **settings: Any) -> Gateway:
    return stack.add_gateway(history_url=url, history_migrate=True, **settings)


def add_node(stack: Stack) -> None:
    stack.add_node(sandbox="simulated", simulated_languages=[LANGUAGE], pools=["simulated"], concurrency=8)


async def run_some(client: Client, count: int) -> list[str]:
    """The ids of tasks that have ended, in the order of their submission."""
    ids = [await submit(client, LANGUAGE, labels={"number": str(number)}) for number in range(count)]
    for task_id in ids:
        assert (await client.follow(task_id)).status is Status.SUCCEEDED
    return ids


async def on_the_bus(stack: Stack) -> int:
    """Messages of EVENTS and RESULTS."""
    operator = await stack.nats.members[0].connect("operator")
    infos = [
        json.loads((await operator.request(f"$JS.API.STREAM.INFO.{stream}")).data)["state"]["messages"]
        for stream in (names.STREAM_EVENTS, names.STREAM_RESULTS)
    ]
    await operator.close()
    return sum(infos)


async def left_the_bus(stack: Stack) -> None:
    async def empty() -> bool:
        return await on_the_bus(stack) == 0

    await eventually(empty, 60)


async def listed(client: Client) -> list[Execution]:
    return [one async for one in client.list()]


async def test_a_task_that_has_left_the_bus_is_found_with_its_output_and_listed(stack: Stack, url: str) -> None:
    gateway = add_gateway(stack, url, tokens={"blog": "b", "school": "s"}, **SHORT)
    add_node(stack)
    async with Client(gateway.target, token="b") as blog, Client(gateway.target, token="s") as school:
        await eventually(lambda: _serves(blog), 60)
        ids = await run_some(blog, 5)
        theirs = await run_some(school, 1)
        before = await blog.get(ids[0])
        await left_the_bus(stack)
        assert await blog.get(ids[0]) == before
        assert before.run is not None
        assert (await blog.follow(ids[1])).status is Status.SUCCEEDED
        assert [one.id for one in await listed(blog)] == ids[::-1]
        assert [one.id async for one in blog.list(labels={"number": "3"})] == [ids[3]]
        assert [one.id async for one in blog.list(until_ms=before.submitted_at_ms + 1)] == [ids[0]]
        for ask in (school.get, school.cancel, school.follow):
            with pytest.raises(NotFound):
                await ask(ids[0])
        assert [one.id for one in await listed(school)] == theirs


@pytest.mark.parametrize("level", ["full", "no-source"])
async def test_what_was_submitted_is_told_once_the_task_has_left_the_bus_where_it_is_kept(
    stack: Stack, url: str, level: str
) -> None:
    gateway = add_gateway(stack, url, history=level, tokens={"blog": "b", "school": "s"}, **SHORT)
    add_node(stack)
    async with Client(gateway.target, token="b") as blog, Client(gateway.target, token="s") as school:
        await eventually(lambda: _serves(blog), 60)
        task_id = await submit(blog, LANGUAGE, stdin="7")
        assert (await blog.follow(task_id)).status is Status.SUCCEEDED
        await left_the_bus(stack)
        kept = await blog.source(task_id)
        assert (kept is not None) == (level == "full")
        if kept is not None:
            assert kept.stdin == "7"
            assert set((kept.env or {"": "none"}).values()) == {""}
            assert await blog.submit(kept.language, kept.source) != task_id
        with pytest.raises(NotFound):
            await school.source(task_id)


async def test_a_list_has_each_task_once_while_tasks_move_from_the_bus_into_the_database(
    stack: Stack, url: str
) -> None:
    add_gateway(stack, url, **SHORT)
    add_node(stack)
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        ids = await run_some(client, 20)
        pages: list[list[str]] = []
        for round_ in range(20):
            pages.append([one.id for one in await listed(client)])
            assert [task_id for task_id in pages[-1] if task_id in ids[:20]] == ids[19::-1]
            ids += await run_some(client, 3)
            await asyncio.sleep(0.05 * (round_ % 4))
        await left_the_bus(stack)
        assert [one.id for one in await listed(client)] == ids[::-1]


@pytest.mark.parametrize("gateways", [1, 2])
async def test_a_projector_that_is_killed_loses_nothing_and_two_record_the_same_as_one(
    stack: Stack, url: str, gateways: int
) -> None:
    api = stack.add_gateway(roles=["api", "relay"], history_url=url)
    projectors = [add_gateway(stack, url, roles=["history"], **SHORT) for _ in range(gateways)]
    add_node(stack)
    await stack.wait_served(LANGUAGE)
    async with api.client() as client:
        ids: list[str] = []
        for number in range(2):
            ids += await run_some(client, 10)
            projectors[number % gateways].kill()
            ids += await run_some(client, 10)
            projectors[number % gateways].start()
        await left_the_bus(stack)
    store = SqlHistoryStore(url)
    found = [await store.find(task_id) for task_id in ids]
    await store.close()
    assert {one.execution.status.value for one in found if one is not None} == {Status.SUCCEEDED.value}
    assert all(one is not None and one.place.position > 0 for one in found)


async def test_a_database_that_is_away_stops_only_what_needs_it(stack: Stack, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    url = f"sqlite:///{away}/history.db"
    gateway = add_gateway(stack, url, **SHORT)
    add_node(stack)
    await stack.wait_served(LANGUAGE)
    async with stack.client() as client:
        first = await run_some(client, 3)
        await left_the_bus(stack)
        gateway.stop()
        away.rename(tmp_path / "hidden")
        (tmp_path / "away").write_text("no folder")
        gateway.start()
        await stack.wait_served(LANGUAGE)
        second = await run_some(client, 3)
        async with grpc.aio.insecure_channel(gateway.target) as channel:
            service = execution_pb2_grpc.ExecutionServiceStub(channel)
            page = await service.List(execution_pb2.ListRequest())
            assert [one.id for one in page.executions] == second[::-1]
            with pytest.raises(grpc.aio.AioRpcError, match="history of past tasks") as refused:
                await service.List(execution_pb2.ListRequest(page_token=page.next_page_token))
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        status, body = gateway.get("/ready")
        assert status == 200
        assert json.loads(body)["degraded"]["history"]
        await asyncio.sleep(3)  # thrice as long as the bus keeps what is recorded
        assert await on_the_bus(stack) > 0
        gateway.stop()
        (tmp_path / "away").unlink()
        (tmp_path / "hidden").rename(away)
        gateway.start()
        await left_the_bus(stack)
        assert [one.id for one in await listed(client)] == [*second[::-1], *first[::-1]]
        assert "degraded" not in json.loads(gateway.get("/ready")[1])


async def _serves(client: Client) -> bool:
    return LANGUAGE in {one.name for one in await client.languages()}
