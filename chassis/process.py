"""A process's life: the parts that last, the signals that end it, its exit code."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

log = structlog.get_logger(__name__)

GARBAGE_AFTER = 10_000
"""New objects after which cycles are looked for. A task leaves hardly any, and Python's 700 cost 5 % of our time."""


class Daemon(Protocol):
    def stop(self) -> None:
        """Ends ``run``."""
        ...

    async def start(self) -> None:
        """Raises OSError or RuntimeError where it cannot."""
        ...

    async def run(self) -> int:
        """The process's exit code."""
        ...

    async def close(self) -> None: ...


async def serve(make: Callable[[], Daemon]) -> int:
    """Runs what ``make`` makes until SIGTERM or SIGINT; the process's exit code. Raises what ``make`` raises."""
    daemon = make()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    try:
        await daemon.start()
        gc.freeze()  # what is there now stays
        gc.set_threshold(GARBAGE_AFTER)
        return await daemon.run()
    except (OSError, RuntimeError) as error:
        log.critical("gateway cannot start", error=str(error))
        return 1
    finally:
        await daemon.close()


class LastingParts:
    """Parts that go on for ever: one that ends has failed."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def failed(self, stop: asyncio.Event) -> bool:
        """Returns once ``stop`` is set or a part has ended: then True, and the log says which and why."""
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        ended = [task for task in self._tasks if task.done()]
        for task in ended:
            log.critical("part failed", part=task.get_name(), exc_info=None if task.cancelled() else task.exception())
        return bool(ended)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
