"""What the task loops and the runner rely on, of the fakes as of the real adapters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio
from nats.errors import NoRespondersError

from node.application.ports import Delivery, TaskSource
from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.source import NatsTaskSource
from schemas.dead_letter import DeadLetter
from schemas.status import Priority
from schemas.task import TaskMessage
from tests.builders import a_task
from tests.contracts.implementations import MEMORY, NATS, picked
from tests.contracts.node.real_bus import RealBus
from tests.fakes.node import FakeDelivery, FakeSource

PATIENCE_S = 10.0
ACK_WAIT_S = 2.0


@dataclass
class Parts:
    """Where a node's tasks come from."""

    source: TaskSource
    queue: Callable[..., Awaitable[None]]
    """Tasks, all in one go."""
    dead: Callable[[str, str], Awaitable[DeadLetter]]
    """The task's dead letter of that reason; there must be one."""
    ack_wait_s: float
    """A delivery of which nobody speaks for so long is somebody else's."""

    async def take(self) -> Delivery:
        async with asyncio.timeout(PATIENCE_S):
            return await self.source.take()


@pytest.fixture
def memory_parts() -> Parts:
    source = FakeSource()

    async def queue(*tasks: TaskMessage) -> None:
        source.put(*map(FakeDelivery, tasks))

    async def dead(task_id: str, reason: str) -> DeadLetter:
        return next(letter for letter in source.buried if (letter.id, letter.reason) == (task_id, reason))

    return Parts(source, queue, dead, ack_wait_s=0.02)


@pytest_asyncio.fixture
async def nats_parts(real_bus: RealBus) -> AsyncIterator[Parts]:
    async def dead(task_id: str, reason: str) -> DeadLetter:
        return await real_bus.gateway.dead(reason, task_id)

    await real_bus.gateway.queues("default", ack_wait_s=ACK_WAIT_S)
    consumers = Consumers(real_bus.node)
    source = NatsTaskSource(
        real_bus.node, real_bus.publisher, consumers, pools=["default"], node_id="n1", decile=lambda: 0
    )
    running = asyncio.create_task(source.run())
    yield Parts(source, real_bus.gateway.submit, dead, ACK_WAIT_S)
    running.cancel()
    with suppress(asyncio.CancelledError, NoRespondersError):
        await running


@pytest.fixture(params=[MEMORY, NATS])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


async def test_a_task_comes_whole_and_for_the_first_time(parts: Parts) -> None:
    task = a_task("a", stdin="zwölf", labels={"post": "1"})
    await parts.queue(task)
    delivery = await parts.take()
    assert (delivery.task, delivery.attempt) == (task, 1)


async def test_who_asks_before_there_is_a_task_waits_for_it(parts: Parts) -> None:
    waiting = asyncio.create_task(parts.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    await parts.queue(a_task("a"))
    assert (await waiting).task.id == "a"


async def test_the_most_urgent_task_comes_first(parts: Parts) -> None:
    await parts.queue(*(a_task(priority.value, priority=priority) for priority in Priority))
    assert [(await parts.take()).task.id for _ in range(3)] == ["HIGH", "NORMAL", "LOW"]


async def test_of_one_priority_the_oldest_comes_first(parts: Parts) -> None:
    await parts.queue(*(a_task(f"t{number}") for number in range(3)))
    assert [(await parts.take()).task.id for _ in range(3)] == ["t0", "t1", "t2"]


async def test_who_stops_waiting_takes_no_task_along(parts: Parts) -> None:
    waiting = asyncio.create_task(parts.source.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await parts.queue(a_task("a"))
    assert (await parts.take()).task.id == "a"


async def test_a_task_that_is_done_does_not_come_again(parts: Parts) -> None:
    await parts.queue(a_task("a"))
    await (await parts.take()).done()
    await parts.queue(a_task("b"))
    assert (await parts.take()).task.id == "b"


async def test_a_task_that_is_handed_back_comes_again_with_the_next_attempt(parts: Parts) -> None:
    await parts.queue(a_task("a"))
    await (await parts.take()).retry_in(0.05)
    again = await parts.take()
    assert (again.task.id, again.attempt) == ("a", 2)


async def test_a_buried_task_is_a_dead_letter_and_does_not_come_again(parts: Parts) -> None:
    await parts.queue(a_task("a"))
    await (await parts.take()).bury("poison", "gave up")
    letter = await parts.dead("a", "poison")
    assert (letter.detail, letter.attempts) == ("gave up", 1)
    await parts.queue(a_task("b"))
    assert (await parts.take()).task.id == "b"


async def test_a_task_stays_ours_while_it_is_kept_alive(parts: Parts) -> None:
    await parts.queue(a_task("a"), a_task("b"))
    held = await parts.take()
    for _ in range(3):
        assert await held.keep_alive(parts.ack_wait_s)
        await asyncio.sleep(parts.ack_wait_s / 2)  # the ack wait itself is what is tested
    other = await parts.take()
    assert (held.task.id, other.task.id) == ("a", "b")
    waiting = asyncio.create_task(parts.source.take())
    await held.done()
    await other.done()
    await parts.queue(a_task("c"))
    assert (await waiting).task.id == "c"
