"""One client's endpoints are nobody else's trouble, and an endpoint that rests costs a result nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from coderunner import Callback, Client, Operator, Progress, TestCase
from coderunner.webhooks import receive
from tests.fakes.callback_endpoint import CallbackEndpoint, serving
from tests.integration.guarantees.simulated_tasks import submit
from tests.servers.fixtures import StartStack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": 8}
GATEWAY = {"callback_allowed_networks": ["127.0.0.0/8"], "tokens.mean": "m", "tokens.good": "g", "tokens.ops": "o"}
PATIENCE_S = 30.0
SECRET = "whsec_" + "c2VjcmV0" * 4


@asynccontextmanager
async def silent_endpoints(number: int) -> AsyncIterator[tuple[list[str], list[asyncio.StreamWriter]]]:
    """Their URLs, and the connections that they have accepted. They never answer."""
    accepted: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)

    async with AsyncExitStack() as open_:
        urls = []
        for _ in range(number):
            server = await open_.enter_async_context(await asyncio.start_server(accept, "127.0.0.1", 0))
            urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/done")
        yield urls, accepted
        for writer in accepted:
            writer.close()
            await writer.wait_closed()


async def test_twenty_endpoints_that_accept_and_never_answer_make_no_other_client_wait(start_stack: StartStack) -> None:
    stack = start_stack(gateway={**GATEWAY, "callback_timeout_s": 600, "callback_first_timeout_s": 600}, node=NODE)
    target = stack.gateways[0].target
    async with (
        silent_endpoints(20) as (urls, accepted),
        CallbackEndpoint() as endpoint,
        Client(target, token="m") as mean,
        Client(target, token="g") as good,
    ):
        await eventually(lambda: _serves(good))
        await asyncio.gather(*(submit(mean, LANGUAGE, callback=url) for url in urls for _ in range(16)))
        await eventually(lambda: len(accepted) >= 20)
        task_id = await submit(good, LANGUAGE, callback=endpoint.url)
        await asyncio.wait_for(endpoint.complete.wait(), PATIENCE_S)
        assert list(endpoint.deliveries) == [task_id]


async def test_a_result_is_tried_as_often_as_promised_though_its_endpoint_rests_in_between(
    start_stack: StartStack,
) -> None:
    breaker = {"callback_breaker_failures": 2, "callback_breaker_s": 0.1}
    tries = {"relay_attempts": 3, "relay_base_s": 0.05, "relay_max_s": 0.1, "operators": ["ops"]}
    stack = start_stack(gateway={**GATEWAY, **breaker, **tries}, node=NODE)
    target, called = stack.gateways[0].target, Counter[str]()

    async def busy(request: web.Request) -> web.Response:
        called[request.headers["Idempotency-Key"]] += 1
        return web.Response(status=503)

    async with serving(busy) as url, Client(target, token="g") as good, Operator(target, token="o") as operator:
        await eventually(lambda: _serves(good))
        tasks = [await submit(good, LANGUAGE, callback=url) for _ in range(3)]

        async def all_dead() -> bool:
            return {letter.id async for letter in operator.dead()} == set(tasks)

        await eventually(all_dead, PATIENCE_S)

        async def all_told() -> bool:
            return {one.id async for one in operator.callbacks("GIVEN_UP")} == set(tasks)

        await eventually(all_told, PATIENCE_S)
        record = await good.callback_attempts(tasks[0])
        assert record is not None
        assert [(one.number, one.answer) for one in record.tried] == [(1, "503"), (2, "503"), (3, "503")]
        assert [one.next_at_ms > one.at_ms for one in record.tried] == [True, True, False]
    assert called == dict.fromkeys(tasks, 3)


@pytest.mark.parametrize("status", [302, 410])
async def test_a_redirect_and_an_endpoint_that_is_gone_are_final_and_called_once(
    start_stack: StartStack, status: int
) -> None:
    stack = start_stack(gateway={**GATEWAY, "operators": ["ops"], "relay_base_s": 0.05}, node=NODE)
    target, called = stack.gateways[0].target, Counter[str]()

    async def elsewhere(request: web.Request) -> web.Response:
        called[request.headers["Idempotency-Key"]] += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with serving(elsewhere) as url, Client(target, token="g") as good, Operator(target, token="o") as operator:
        await eventually(lambda: _serves(good))
        task_id = await submit(good, LANGUAGE, callback=url)

        async def dead() -> bool:
            return [letter.id async for letter in operator.dead()] == [task_id]

        await eventually(dead, PATIENCE_S)
    assert called == {task_id: 1}


async def test_who_asks_is_told_that_it_runs_and_of_each_case_before_the_end(start_stack: StartStack) -> None:
    stack = start_stack(gateway={**GATEWAY, "callback_secret": [SECRET]}, node=NODE)
    told: list[tuple[str, int | None, str]] = []

    async def keep(request: web.Request) -> web.Response:
        with receive(request.headers, await request.read(), secrets=SECRET) as execution:
            if isinstance(execution, Progress):
                told.append((execution.event, execution.case_index, execution.id))
            elif execution is not None:
                told.append((execution.status.value, None, execution.id))
        return web.Response(status=204)

    cases = [TestCase(stdin=text, expected_output="a") for text in ("a", "b", "c")]
    async with serving(keep) as url, Client(stack.gateways[0].target, token="g") as good:
        await eventually(lambda: _serves(good))
        task_id = await submit(good, LANGUAGE, 500, cases=cases, callback=Callback(url, events=["RUNNING", "CASE"]))
        await eventually(lambda: told[-1:] == [("FAILED", None, task_id)])
    assert [one[:2] for one in told[:3]] == [("RUNNING", None), ("CASE", 0), ("CASE", 1)]
    assert len(told) in (4, 5)  # the end overtakes the last case, more often than not
    assert {one[2] for one in told} == {task_id}


async def _serves(client: Client) -> bool:
    return LANGUAGE in {one.name for one in await client.languages()}
