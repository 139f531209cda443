"""A scrape of the most metrics that there can be does not keep a node from its work."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec

from chassis.loop_watch import HELD_S
from node.application.ports import FinishedTask
from schemas.status import Status
from tests.builders import an_execution
from tests.integration.node.running_nodes import StartNode

MOST_LINES = 12_000


async def test_a_scrape_of_all_that_strangers_can_name_hardly_holds_the_loop(
    start_node: StartNode,
) -> None:
    node = await start_node()
    for number in range(500):
        await asyncio.sleep(0)
        for status in (one for one in Status if one.is_final):
            execution = msgspec.structs.replace(an_execution(), language=f"language-{number}", status=status)
            node.metrics.task_finished(
                FinishedTask(
                    execution=execution,
                    client="",
                    pool=f"pool-{number}",
                    priority="NORMAL",
                    compile_ms=1.0,
                    run_ms=2.0,
                    total_ms=4.0,
                    stored=True,
                    cached=False,
                )
            )
    async with aiohttp.ClientSession() as session:
        for _ in range(5):
            async with session.get(f"http://127.0.0.1:{node.http.port}/metrics") as answer:
                page = await answer.text()
    assert 5_000 < page.count("\n") < MOST_LINES
    longest_s = node.metrics.registry.get_sample_value("coderunner_loop_longest_hold_seconds")
    assert longest_s is not None
    assert longest_s < HELD_S / 2
