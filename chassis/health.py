"""The health of a service: its parts, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a service as it is at this moment."""

    works: bool
    says: str
    """How it is, in words; without secrets, because whoever reaches the HTTP endpoint reads it."""
    needed: bool = True
    """Without it the service cannot do its work; where False, most work goes on."""

    @classmethod
    def of(cls, trouble: str, otherwise: str, *, needed: bool = True) -> Part:
        """A part that works where there is no ``trouble``, and says ``otherwise`` then."""
        return cls(not trouble, trouble or otherwise, needed)


Parts = Callable[[], Mapping[str, Part]]
"""Gives all parts of a service, from memory: it is asked often, and must not wait for any of them."""


def is_ready(parts: Mapping[str, Part]) -> bool:
    """Whether the service can do its work."""
    return all(part.works for part in parts.values() if part.needed)


def degraded(parts: Mapping[str, Part]) -> Mapping[str, str]:
    """The parts that do not work, and that most work goes on without: name to words."""
    return {name: part.says for name, part in parts.items() if not part.needed and not part.works}


def status(parts: Mapping[str, Part]) -> str:
    """``ok``, ``degraded`` (ready, but not all of it) or ``not ready``."""
    if not is_ready(parts):
        return "not ready"
    return "degraded" if degraded(parts) else "ok"
