"""Answers that were read a moment ago: what many ask for at once is asked of the bus once."""

from __future__ import annotations

import time
from collections.abc import Callable

from broker_gateway.application.answer_ports import AnswerStore, FoundAnswer
from schemas.answers import KeptAnswer

FRESH_S = 0.2
"""So long an answer is used without asking again; what another gateway has purged may be told for so long."""
MAX_ANSWERS = 256
"""At most 64 MiB of answers of the largest size."""


class RecentAnswers:
    """Implements ``AnswerStore`` over another one. Only made answers are remembered, never a promise of one."""

    def __init__(self, inner: AnswerStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._clock = clock
        self._recent: dict[str, tuple[float, FoundAnswer]] = {}

    async def find(self, key: str) -> FoundAnswer | None:
        recent = self._recent.get(key)
        if recent is not None and self._clock() < recent[0]:
            return recent[1]
        self._recent.pop(key, None)
        found = await self._inner.find(key)
        if found is not None and found.kept.execution is not None:
            if len(self._recent) >= MAX_ANSWERS:
                del self._recent[next(iter(self._recent))]
            self._recent[key] = (self._clock() + FRESH_S, found)
        return found

    async def put(self, key: str, kept: KeptAnswer, *, after: int) -> int:
        self._recent.pop(key, None)
        return await self._inner.put(key, kept, after=after)

    async def forget(self, key: str, revision: int) -> None:
        self._recent.pop(key, None)
        await self._inner.forget(key, revision)

    async def purge(self, language: str, client: str | None) -> int:
        self._recent.clear()
        purged = await self._inner.purge(language, client)
        self._recent.clear()
        return purged
