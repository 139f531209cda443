"""How often each reader may ask, and how many streams are open: of so many readers as fit into a fixed memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from coderunner.backend.problems import TOO_MANY, Problem

_MAX_READERS = 10_000


class Rates:
    """Token buckets, by reader: so many a minute, and as many at once. Not for several threads."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._per_s = per_minute / 60
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, reader: str, now_s: float) -> None:
        """Counts one. Raises Problem where the reader has none left."""
        left, then_s = self._left.pop(reader, (self._most, now_s))
        left = min(self._most, left + max(0.0, now_s - then_s) * self._per_s)
        self._left[reader] = (left - 1 if left >= 1 else left, now_s)
        if len(self._left) > _MAX_READERS:
            self._left.popitem(last=False)
        if left < 1:
            after_ms = int((1 - left) / self._per_s * 1000) + 1
            raise Problem(TOO_MANY, "You ask too often just now. Please wait a moment.", retry_after_ms=after_ms)


class Streams:
    """The streams that are open, by reader. Not for several threads."""

    def __init__(self, per_reader: int, of_all: int) -> None:
        self._per_reader, self._of_all = per_reader, of_all
        self._open: Counter[str] = Counter()
        self._total = 0

    @contextmanager
    def one_more(self, reader: str) -> Iterator[None]:
        """While one more is open. Raises Problem."""
        if self._open[reader] >= self._per_reader or self._total >= self._of_all:
            if not self._open[reader]:
                del self._open[reader]
            raise Problem(TOO_MANY, "Too many programs run at once. Please wait for one to end.")
        self._open[reader] += 1
        self._total += 1
        try:
            yield
        finally:
            self._open[reader] -= 1
            self._total -= 1
            if not self._open[reader]:
                del self._open[reader]
