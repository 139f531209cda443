"""The figures of a pool's slots, for the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Retirement(StrEnum):
    """Why a slot was destroyed."""

    LOST = "lost"
    """It was not provably clean, its container died, or nobody answered in it."""
    LAUNCHES = "launches"
    """It has had its share of launches."""
    MEMORY_LIMIT = "memory_limit"
    """The kernel's OOM killer was in it."""
    SINGLE_USE = "single_use"
    """Each slot is used once."""
    IDLE = "idle"
    """Nobody needed it."""
    OUTDATED = "outdated"
    """Its image has been built anew."""


@dataclass(slots=True)
class SlotCounts:
    """What happened to the slots of one language and role since the node started."""

    waits: int = 0
    """Tasks that found no slot free."""
    cold_starts: int = 0
    """Programs that started an interpreter for themselves, though the language keeps one waiting."""
    retired: Counter[Retirement] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """The slots of one language and role at one moment, and what happened to them."""

    language: str
    role: str
    states: Mapping[str, int]
    """State (``free``, ``held``, ``wiping``, ``standby``, ``creating``) to number of slots."""
    counts: SlotCounts
