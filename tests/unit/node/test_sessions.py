"""Tasks that are talked to run beside the others, so many and no more, and leave room for other clients'."""

from __future__ import annotations

import asyncio

import pytest

from node.application.ports import Delivery
from node.application.sessions import Sessions
from node.application.task_loops import TaskLoops
from schemas.interaction import Interaction
from tests.builders import a_task
from tests.fakes.node import FakeDelivery, FakeSource
from tests.unit.node.held_runner import HeldRunner, deliveries, running, turns

TALKED_TO = Interaction(terminal=None, session_ms=60_000, grace_ms=30_000, clock_stands=True)


def talked_to(number: int, client: str = "", reader: str = "") -> FakeDelivery:
    return FakeDelivery(a_task(f"s{number}", client=client, reader=reader, interaction=TALKED_TO))


async def test_a_session_keeps_no_task_loop_from_other_tasks() -> None:
    source, runner = FakeSource(), HeldRunner()
    loops = TaskLoops(source, runner, 1, sessions=4)
    await loops.resume()
    source.put(talked_to(1), talked_to(2), *deliveries(1))
    async with running(loops):
        await turns(60)
        assert (len(loops.sessions), loops.running) == (2, 1)
        assert runner.started.qsize() == 3
        quiet = asyncio.create_task(loops.wait_until_quiet())
        await turns()
        assert not quiet.done()
        runner.release.set()
        async with asyncio.timeout(5):
            await quiet
        assert len(loops.sessions) == 0


@pytest.mark.parametrize(
    ("who", "of_one"),
    [([("blog", "")] * 8, 4), ([("blog", "ann")] * 8, 2), ([("a", ""), ("b", "")] * 8, 8)],
    ids=["one client", "one reader", "two clients"],
)
async def test_there_is_room_for_others(who: list[tuple[str, str]], of_one: int) -> None:
    runner, asked = HeldRunner(), [talked_to(number, *one) for number, one in enumerate(who)]
    async with asyncio.TaskGroup() as group:
        sessions = Sessions(runner, 8, lambda: None)
        sessions.run_in(group)
        for delivery in asked:
            await sessions.begin(delivery)
        assert len(sessions) == of_one
        assert sessions.turned_away == len(asked) - of_one
        assert [one.said for one in asked[of_one:]] == [["retry_in 2"]] * (len(asked) - of_one)
        runner.release.set()


async def test_a_session_that_ended_makes_room() -> None:
    class Quick:
        async def handle(self, delivery: Delivery) -> None:
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        sessions = Sessions(Quick(), 2, lambda: None)
        sessions.run_in(group)
        for number in range(10):
            await sessions.begin(talked_to(number, "blog"))
            await turns()
        assert (len(sessions), sessions.turned_away) == (0, 0)
