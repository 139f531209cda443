"""A service's life: start, run, close; the parts that last, the signals that end it, its exit code."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version
from typing import Any, Protocol

import structlog

log = structlog.get_logger(__name__)

_DISTRIBUTION = "coderunner-server"
_GARBAGE_AFTER = 10_000
"""New objects after which cycles are looked for. A task leaves hardly any, and Python's 700 cost 5 % of our time."""
_CANCEL_AGAIN_S = 2.0
"""What is cancelled and goes on for so long is cancelled again: a library may swallow one."""


class Service(Protocol):
    """A daemon, as ``serve`` runs it. Nothing is connected before ``start``; ``close`` is called whatever happened."""

    def stop(self) -> None:
        """Ends ``run``, soon."""
        ...

    async def start(self) -> None:
        """Listens, and begins to connect. Raises OSError or RuntimeError where it cannot."""
        ...

    async def run(self) -> int:
        """Works until it is stopped or a part fails; the process's exit code."""
        ...

    async def close(self) -> None:
        """Ends every part, in order."""
        ...


class Closing(Protocol):
    """A part that has an end."""

    async def close(self) -> None:
        """Ends it."""
        ...


async def close_in_turn(*parts: Closing | None) -> None:
    """Closes one after the other; None is a part that is not there."""
    for part in parts:
        if part is not None:
            await part.close()


async def serve(make: Callable[[], Service], *, on_hangup: Callable[[], None] = lambda: None) -> int:
    """Runs what ``make`` makes until SIGTERM or SIGINT; the process's exit code. ``on_hangup`` is called at each
    SIGHUP. Raises what ``make`` raises."""
    service = make()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    return await live(service, on_started=tune_gc)


async def live(service: Service, on_started: Callable[[], None] = lambda: None) -> int:
    """Runs a service through its whole life: start, run, close. Returns the exit code."""
    try:
        await service.start()
        on_started()
        return await service.run()
    except (OSError, RuntimeError) as error:
        log.critical("cannot_start", error=str(error))
        return 1
    finally:
        await service.close()


def tune_gc() -> None:
    """Tells the collector that what is there now stays, and to look for cycles seldom."""
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)


def version() -> str:
    """The version of this distribution; ``0`` in a checkout that is not installed."""
    try:
        return distribution_version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "0"


class LastingParts:
    """The background work of a service. A part that ends has failed, unless it was said that it may."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._may_end: set[asyncio.Task[None]] = set()

    def add(self, work: Coroutine[Any, Any, None], name: str, *, may_end: bool = False) -> None:
        """Begins ``work`` now. ``may_end``: only an error of it is a failure."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        if may_end:
            self._may_end.add(task)

    async def failed(self, until: Coroutine[Any, Any, Any]) -> bool:
        """Waits until ``until`` has returned (False) or a part has failed: then True, and the log says which and
        why."""
        stopping = asyncio.ensure_future(until)
        try:
            while not stopping.done():
                watched = [task for task in self._tasks if task not in self._may_end or not task.done()]
                await asyncio.wait([stopping, *watched], return_when=asyncio.FIRST_COMPLETED)
                if self._log_failures():
                    return True
            stopping.result()
        finally:
            stopping.cancel()
        return False

    async def close(self) -> None:
        """Ends them one after the other, in the order in which they were added."""
        for task in self._tasks:
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CANCEL_AGAIN_S)

    def _log_failures(self) -> bool:
        failures = [task for task in self._tasks if task.done() and not self._ended_well(task)]
        for task in failures:
            error = asyncio.CancelledError("nobody asked for it") if task.cancelled() else task.exception()
            log.critical("part_failed", part=task.get_name(), exc_info=error)
        return bool(failures)

    def _ended_well(self, task: asyncio.Task[None]) -> bool:
        return task in self._may_end and not task.cancelled() and task.exception() is None
