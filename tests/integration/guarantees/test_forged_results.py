"""Whoever has a node's key answers for no task that it was not given, and has nobody else called back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from coderunner import Client, NotRedriven, Operator
from coderunner.model import Status
from schemas import names
from schemas.execution import ResultMessage
from schemas.task import Callback, TaskMessage
from tests.builders import a_result_of, a_task, an_execution
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.integration.guarantees.simulated_tasks import started, submit
from tests.servers.bus import node_connection
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": 4}
GATEWAY: dict[str, Any] = {
    "callback_allowed_networks": ["127.0.0.0/8"],
    "tokens": {"good": "g", "ops": "o"},
    "operators": ["ops"],
    "relay_base_s": 0.05,
}
PATIENCE_S = 30.0


@asynccontextmanager
async def thief(stack: Stack) -> AsyncIterator[BusConnection]:
    """Who has a node's key."""
    bus = await node_connection(stack.nats.members[0].url_as("node"), "thief")
    yield bus
    await bus.close()


def a_forgery(task_id: str, url: str, **changes: Any) -> ResultMessage:
    """A result of its own making, for a client and a callback of its own choice."""
    execution = an_execution(task_id, error="mean")
    return msgspec.structs.replace(
        ResultMessage(execution=execution, callback=Callback(url=url), client="ops"), **changes
    )


async def stored(bus: BusConnection, result: ResultMessage, task_id: str) -> None:
    """Raises JetStreamError where there is one."""
    first = {names.HEADER_EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
    await jetstream.store(bus, names.result_subject(task_id), msgspec.json.encode(result), first)


async def test_a_forged_result_of_a_running_task_is_buried_and_its_own_arrives_and_is_told(
    start_stack: StartStack,
) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    gateway = stack.gateways[0]
    async with (
        thief(stack) as bus,
        CallbackEndpoint() as mine,
        CallbackEndpoint() as mean,
        Client(gateway.target, token="g") as good,
        Operator(gateway.target, token="o") as operator,
    ):
        await eventually(lambda: _serves(good))
        task_id = await submit(good, LANGUAGE, 1500, callback=mine.url)
        await started(good, task_id)
        await stored(bus, a_forgery(task_id, mean.url), task_id)

        async def is_buried() -> bool:
            return [one.id async for one in operator.dead("forged")] == [task_id]

        await eventually(is_buried, PATIENCE_S)
        ended = await asyncio.wait_for(good.follow(task_id), PATIENCE_S)
        assert (ended.status, ended.error) == (Status.SUCCEEDED, "")
        await eventually(mine.complete.is_set, PATIENCE_S)
        assert (list(mine.deliveries), list(mean.deliveries)) == ([task_id], [])
        assert 'coderunner_results_refused_total{reader="relay"} 1.0' in gateway.get("/metrics")[1]


async def test_a_letter_that_a_thief_has_written_is_not_redriven(start_stack: StartStack) -> None:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    async with thief(stack) as bus, CallbackEndpoint() as mean, Operator(stack.gateways[0].target, token="o") as ops:
        task: TaskMessage = a_task("made-up", callback=Callback(url=mean.url))
        letters = {"undelivered": a_result_of(task), "poison": task}
        for reason, message in letters.items():
            letter = {
                **{"id": task.id, "reason": reason, "detail": "", "subject": "", "at_ms": 1, "attempts": 1},
                **{"node_id": "n", "payload": msgspec.json.encode(message).decode()},
            }
            subject = names.dead_subject(reason, task.id)
            await jetstream.store(bus, subject, msgspec.json.encode(letter))
            with pytest.raises(NotRedriven, match="nothing binds its message to what was submitted"):
                await ops.redrive(task.id)
        assert not mean.deliveries


async def _serves(client: Client) -> bool:
    return LANGUAGE in {one.name for one in await client.languages()}
