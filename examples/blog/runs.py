"""One run of a sample and its events, for every browser that watches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from coderunner import Execution, Output
from coderunner.output_merger import OutputMerger
from examples.blog.messages import result_event

HEARTBEAT_S = 15.0  # now and then something must come, or proxies close a quiet stream


class Run:
    """A run and its events so far: who comes late or comes back gets them all."""

    def __init__(self, task_id: str) -> None:
        self.id = task_id
        self.done = False
        self.follower: asyncio.Task[None] | None = None
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._merger = OutputMerger()
        self._news = asyncio.Event()
        self._tell("accepted", {"id": task_id})

    def output(self, piece: Output) -> None:
        fresh = self._merger.unseen_part(piece)
        if fresh is not None and not self.done:
            self._tell_output(fresh)

    def state(self, execution: Execution) -> None:
        """A change of state; the first that is final ends the run."""
        if self.done:
            return
        if not execution.status.is_final:
            self._tell("state", {"status": execution.status})
            return
        for piece in self._merger.unseen_rest(execution):
            self._tell_output(piece)
        self.done = True
        self._tell("result", result_event(execution))

    def fail(self, words: str) -> None:
        if not self.done:
            self.done = True
            self._tell("failed", {"error": words})

    async def events(self, seen: int = 0) -> AsyncIterator[tuple[int, str, dict[str, Any]] | None]:
        """The events after the first ``seen``, then each as it happens; None now and then while none does."""
        seen = min(seen, len(self._events))  # who claims to have seen more hears what comes, or that nothing does
        while True:
            for number, (kind, data) in enumerate(self._events[seen:], start=seen + 1):
                seen = number
                yield number, kind, data
            if self.done and seen >= len(self._events):
                return
            try:
                await asyncio.wait_for(self._news.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield None

    def _tell_output(self, piece: Output) -> None:
        data = {"stage": piece.stage, "stream": piece.stream, "text": piece.text, "attempt": piece.attempt}
        self._tell("output", data)

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        self._events.append((kind, data))
        news, self._news = self._news, asyncio.Event()
        news.set()
