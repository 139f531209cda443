"""Clients that do not give up: what one gateway refuses or does not answer is asked of the next, with the same key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from coderunner import Callback, Client
from coderunner.errors import GatewayUnavailable, LanguageUnavailable, QueueFull

_PATIENCE_S = 1.0
_PAUSE_S = 0.1
_GIVE_UP_S = 120.0
_ASKED_TWICE = 10
"""One task in so many is submitted to two gateways at once."""
REFUSED = (GatewayUnavailable, QueueFull, LanguageUnavailable)


@dataclass(frozen=True, slots=True)
class Work:
    """One task, and what its program must have said in the end."""

    language: str
    source: str
    stdin: str
    expected: str
    env: dict[str, str] = field(default_factory=dict)
    cache: str = ""


Recipe = Callable[[int], Work]


def simulated(number: int, run_ms: int = 0) -> Work:
    """Says its input back after 20 to 420 ms, or after ``run_ms``."""
    said = f"task {number}"
    return Work("simulated", "(nothing runs)", said, said, {"SIMULATED_RUN_MS": str(run_ms or 20 + number * 37 % 400)})


def alike(number: int) -> Work:
    """Every sixth is the same again: one of them runs for 300 ms, and the others end as it does."""
    said = f"one of {number % 6}"
    return Work("simulated", "(nothing runs)", said, said, {"SIMULATED_RUN_MS": "300"}, cache="READ_WRITE")


def python(number: int) -> Work:
    """A program in a real container that sleeps for a while."""
    source = "import time\ntime.sleep(0.3)\nprint(int(input()) ** 2)"
    return Work("python", source, str(number), f"{number * number}\n")


class Load:
    """``accepted`` maps the id of every accepted task to its work. Counts what was refused meanwhile."""

    def __init__(self, targets: Sequence[str], callback: str) -> None:
        self._targets = targets
        self._callback = callback
        self._stack = AsyncExitStack()
        self._clients: list[Client] = []
        self._sent = 0
        self._progress = asyncio.Condition()
        self.accepted: dict[str, Work] = {}
        self.refusals: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        for target in self._targets:
            client = Client(target, connect_timeout_s=_PATIENCE_S, patience_s=_PATIENCE_S)
            self._clients.append(await self._stack.enter_async_context(client))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def send(self, count: int, over_s: float, recipe: Recipe) -> None:
        """Submits so many tasks, evenly over the time; returns once every one of them is accepted."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                self._sent += 1
                group.create_task(self._submit(self._sent, recipe(self._sent)))
                await asyncio.sleep(over_s / count)

    async def more(self, count: int) -> None:
        """Returns once so many more tasks have been accepted."""
        wanted = len(self.accepted) + count
        async with asyncio.timeout(_GIVE_UP_S), self._progress:
            await self._progress.wait_for(lambda: len(self.accepted) >= wanted)

    async def _submit(self, number: int, work: Work) -> None:
        async with asyncio.timeout(_GIVE_UP_S):
            tries = [self._until_accepted(number, number, work)]
            if number % _ASKED_TWICE == 0:
                tries.append(self._until_accepted(number, number + 1, work))
            ids = set(await asyncio.gather(*tries))
        assert len(ids) == 1, f"one idempotency key became {len(ids)} tasks"
        async with self._progress:
            self.accepted[ids.pop()] = work
            self._progress.notify_all()

    async def _until_accepted(self, number: int, first: int, work: Work) -> str:
        turn = first
        while True:
            client = self._clients[turn % len(self._clients)]
            turn += 1
            try:
                return await client.submit(
                    work.language,
                    work.source,
                    stdin=work.stdin,
                    env=work.env,
                    cache=work.cache,
                    idempotency_key=f"key-{number}",
                    callback=Callback(self._callback, events=["RUNNING"]),
                )
            except REFUSED as error:
                self.refusals[type(error).__name__] += 1
                await asyncio.sleep(_PAUSE_S)
