"""The port on kept answers: what one task came to, for all that are alike (docs/adr/0022-kept-answers.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from schemas.answers import KeptAnswer


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """What is kept under a key."""

    kept: KeptAnswer
    revision: int
    """It changes with every change of what is kept."""


class AnswerStore(Protocol):
    """The store of kept answers, which all gateways share. It forgets what is old, and the oldest where it is full.
    Every method raises BusUnavailableError."""

    async def find(self, key: str) -> FoundAnswer | None:
        """What is kept under the key."""
        ...

    async def put(self, key: str, kept: KeptAnswer, *, after: int) -> int:
        """Keeps this where the key is still as it was at the revision ``after`` (0: nothing is kept). Returns the new
        revision; 0 where somebody was faster."""
        ...

    async def forget(self, key: str, revision: int) -> None:
        """Forgets the key where it is still as it was then."""
        ...

    async def purge(self, language: str, client: str | None) -> int:
        """Forgets all answers of a language (empty: any) and a client (None: any); how many that were."""
        ...
