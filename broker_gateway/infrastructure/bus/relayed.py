"""The results with which this gateway's relay is done while an older one still waits for its callback."""

from __future__ import annotations

MAX_KNOWN = 500_000
"""Sequences, 60 bytes each. What is forgotten goes once all that is older has gone."""


class RelayedResults:
    """Sequences of RESULTS. The server tells up to where everything is settled, and of what is above that how many, not
    which: only who settled them knows. What a gateway knew dies with it, and is swept with the rest later."""

    def __init__(self, max_known: int = MAX_KNOWN) -> None:
        self._known: dict[int, None] = {}
        self._max_known = max_known

    def add(self, sequence: int) -> None:
        """This one is delivered, or has nobody to be delivered to."""
        self._known[sequence] = None
        if len(self._known) > self._max_known:
            del self._known[next(iter(self._known))]

    def taken(self, first: int, below: int) -> list[int]:
        """Those from ``first`` on and ``below`` the other, which are forgotten, as are those before."""
        gone = [sequence for sequence in self._known if sequence < below]
        for sequence in gone:
            del self._known[sequence]
        return [sequence for sequence in gone if sequence >= first]
