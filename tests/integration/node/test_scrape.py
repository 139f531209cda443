"""A scrape of the most metrics that there can be does not keep a node from its work."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import msgspec
from prometheus_client import CollectorRegistry

from chassis.loop_watch import HELD_S, LoopWatch
from node.application.ports import FinishedTask
from schemas.status import Status
from tests.builders import an_execution
from tests.integration.node.running_nodes import StartNode

MOST_LINES = 12_000


@contextmanager
def own_garbage_kept() -> Iterator[None]:
    """The node shares this process with all that the tests have left in its memory: looking through that takes half a
    second, and is no work of a node's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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
    watched = CollectorRegistry()
    with own_garbage_kept():
        watch = asyncio.create_task(LoopWatch(watched).run())
        async with aiohttp.ClientSession() as session:
            for _ in range(5):
                async with session.get(f"http://127.0.0.1:{node.http.port}/metrics") as answer:
                    page = await answer.text()
        watch.cancel()
    assert 5_000 < page.count("\n") < MOST_LINES
    longest_s = watched.get_sample_value("coderunner_loop_longest_hold_seconds")
    assert longest_s is not None
    assert longest_s < HELD_S / 2
