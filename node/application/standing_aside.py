"""The node that stands aside: a task that it cannot run would come back to it for as long as it is the least loaded of
its pool (ADR 0001), and never reach the node that can."""

from __future__ import annotations

from collections.abc import Callable

LAST = 9
"""The tenth of the most loaded nodes."""
ASIDE_S = 6.0
"""Longer than the longest pause after which such a task comes again."""


class StandingAside:
    """The tenth that the node asks for tasks with (``Heartbeat.decile``): for a while after ``note`` that of the most
    loaded."""

    def __init__(self, decile: Callable[[], int], clock_s: Callable[[], float]) -> None:
        self._decile = decile
        self._clock_s = clock_s
        self._until_s = float("-inf")

    def __call__(self) -> int:
        return LAST if self._clock_s() < self._until_s else self._decile()

    def note(self) -> None:
        """A task has come that this node cannot run."""
        self._until_s = self._clock_s() + ASIDE_S
