"""What the watch over the loop measures."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from chassis.loop_watch import EVERY_S, HELD_S, LoopWatch

LONGEST = "coderunner_loop_longest_hold_seconds"


async def watched(hold_s: float, *, works: bool) -> tuple[float, list[str]]:
    """The longest hold that was measured, and what was logged, while a callback held the loop once."""
    registry = CollectorRegistry()
    with capture_logs() as logged:
        task = asyncio.create_task(LoopWatch(registry).run())
        await asyncio.sleep(0)
        until = time.thread_time() + hold_s
        if works:
            while time.thread_time() < until:
                pass
        else:
            time.sleep(hold_s)  # noqa: ASYNC251 - to hold the loop is the point
        await asyncio.sleep(EVERY_S)
        await asyncio.sleep(EVERY_S)
        task.cancel()
    return registry.get_sample_value(LONGEST) or 0.0, [entry["event"] for entry in logged]


async def test_work_on_the_loop_is_a_hold_and_is_logged() -> None:
    hold_s = HELD_S + 2 * EVERY_S
    longest_s, logged = await watched(hold_s, works=True)
    assert longest_s >= hold_s - EVERY_S
    assert logged == ["loop_held"]


async def test_a_machine_that_stood_still_is_not_a_hold_of_ours() -> None:
    longest_s, logged = await watched(HELD_S + 2 * EVERY_S, works=False)
    assert longest_s < HELD_S
    assert logged == []
