"""What is looked at while a daemon gets the worst that a stranger can send: whether it answers, how long its loop was
held, and how large it is afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from coderunner import Client
from coderunner.model import Status
from tests.servers.stack import Daemon, Node
from tests.servers.waiting import eventually

MAX_HOLD_S = 0.05
TRIES = 3
"""A request or a task that holds a loop holds it each time; a host that takes the processor away for a moment, which is
counted as the thread's own time, does not."""
MAX_GROWN_KIB = {"gateway": 26 << 10, "node": 20 << 10}
"""A fifth of the size of either with all that it can load. Pages that hold something small somewhere stay."""
BACK_WITHIN_S = 90.0
TASK_WITHIN_S = 10.0
"""Of a small task beside the worst ones: milliseconds, where nothing holds it up."""


@dataclass(slots=True)
class Probed:
    """What went on beside the hostile work."""

    tasks: int = 0


@asynccontextmanager
async def probing(client: Client, language: str, source: str, *daemons: Daemon) -> AsyncIterator[Probed]:
    """Tasks run, and the processes say within 2 s that they live, for as long as the context lasts."""
    probed = Probed()

    async def probe() -> None:
        while True:
            async with asyncio.timeout(TASK_WITHIN_S):
                assert (await client.run(language, source)).status is Status.SUCCEEDED
            for daemon in daemons:
                assert (await asyncio.to_thread(daemon.get, "/live"))[0] == HTTPStatus.OK
            probed.tasks += 1

    async with asyncio.TaskGroup() as group:
        task = group.create_task(probe())
        yield probed
        task.cancel()


def longest_hold_s(daemon: Daemon) -> float:
    """The longest that the process has held its loop, as ``chassis.loop_watch`` counts it."""
    found = re.search(r"^coderunner_loop_longest_hold_seconds (\S+)$", daemon.get("/metrics")[1], re.MULTILINE)
    assert found is not None
    return float(found[1])


def resident_kib(daemon: Daemon) -> int:
    """The resident size of the process."""
    status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def _grown_kib(daemon: Daemon) -> int:
    return MAX_GROWN_KIB["node" if isinstance(daemon, Node) else "gateway"]


async def sizes_come_back(before_kib: Mapping[Any, int]) -> None:
    """Returns once every daemon is about as large as it was before. Raises TimeoutError."""

    async def back() -> bool:
        return all(resident_kib(daemon) <= kib + _grown_kib(daemon) for daemon, kib in before_kib.items())

    await eventually(back, BACK_WITHIN_S)
