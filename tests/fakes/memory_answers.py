"""The gateway's port on kept answers, in memory: of one MemoryBus."""

from __future__ import annotations

from broker_gateway.application.answer_ports import FoundAnswer
from schemas.answers import KeptAnswer
from schemas.names import answer_subject, answers_of
from tests.fakes.memory_bus import MemoryBus


class MemoryAnswerStore:
    """Implements ``AnswerStore``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.kept: dict[str, FoundAnswer] = {}
        self._revision = 0

    async def find(self, key: str) -> FoundAnswer | None:
        await self._bus.operation("find_answer")
        return self.kept.get(key)

    async def put(self, key: str, kept: KeptAnswer, *, after: int) -> int:
        await self._bus.operation("put_answer")
        now = self.kept.get(key)
        if (now.revision if now is not None else 0) != after:
            return 0
        self._revision += 1
        self.kept[key] = FoundAnswer(kept, self._revision)
        self._bus.changed.set()
        return self._revision

    async def forget(self, key: str, revision: int) -> None:
        await self._bus.operation("forget_answer")
        if key in self.kept and self.kept[key].revision <= revision:
            del self.kept[key]
            self._bus.changed.set()

    async def purge(self, language: str, client: str | None) -> int:
        await self._bus.operation("purge_answers")
        wanted = answers_of(language, client).split(".")
        gone = [key for key in self.kept if _matches(answer_subject(key).split("."), wanted)]
        for key in gone:
            del self.kept[key]
        return len(gone)


def _matches(subject: list[str], wanted: list[str]) -> bool:
    return all(token in ("*", found) for token, found in zip(wanted, subject, strict=True))
