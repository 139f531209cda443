"""How much the results of one client hold of the store. The time is passed in, in milliseconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

PARTS = 96
"""Parts of the window that are counted apart: a part is forgotten as a whole."""


@dataclass(slots=True)
class StoredBytes:
    """The bytes of what was stored within the last ``window_ms``, as long as results are kept."""

    window_ms: int
    total: int = 0
    _parts: deque[tuple[int, int]] = field(default_factory=deque)
    """Number of the part and its bytes, oldest first."""

    def add(self, size: int, now_ms: int) -> None:
        """Counts a result that was stored now."""
        part = self._part(now_ms)
        if self._parts and self._parts[-1][0] >= part:
            newest, held = self._parts[-1]
            self._parts[-1] = (newest, held + size)
        else:
            self._parts.append((part, size))
        self.total += size

    def at(self, now_ms: int) -> int:
        """The bytes that are still within the window."""
        oldest = self._part(now_ms) - PARTS
        while self._parts and self._parts[0][0] <= oldest:
            self.total -= self._parts.popleft()[1]
        return self.total

    def next_forgotten_ms(self, now_ms: int) -> int:
        """Milliseconds until some are forgotten; 0 where there are none."""
        if not self._parts:
            return 0
        return max(1, (self._parts[0][0] + PARTS) * self._part_ms - now_ms)

    @property
    def _part_ms(self) -> int:
        return max(1, self.window_ms // PARTS)

    def _part(self, now_ms: int) -> int:
        return now_ms // self._part_ms
