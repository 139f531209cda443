"""When requests to the bus are held back so that they leave, are stored and are answered together: only where that has
been seen to get more of them through."""

from __future__ import annotations

BUSY = 5.0
"""Requests in one window from which a trial is worth it: below, there is nothing to share."""
_STEADY = 1 / 16
"""Of one window in the mean, which follows the load within a tenth of a second."""
_PAUSE_WINDOWS = 50
"""After a trial without success."""


class Gathering:
    """The decision whether to hold requests back, from how many came in each window of time.

    Each write to a socket wakes the other side, and so do its answers: under load, requests that leave together cost
    gateway and server a fifth to a third less. Few callers that wait for each other's answers only lose by it. So it is
    tried where many requests come, and goes on as long as no fewer come than before.
    """

    def __init__(self, window_s: float) -> None:
        """0: nothing is ever held back."""
        self.window_s = window_s
        self.is_on = False
        self._since = 0.0
        self._count = 0
        self._direct = 0.0
        """Mean of the windows in which every request left at once."""
        self._gathered = 0.0
        """Mean of the windows of this trial."""
        self._not_before = 0.0

    def asked(self, now: float) -> None:
        """One more request; ``now`` in seconds."""
        self._count += 1
        windows = (now - self._since) / self.window_s if self.window_s else 0.0
        if windows < 1:
            return
        rate = self._count / windows
        self._since, self._count = now, 0
        share = min(1.0, windows * _STEADY)
        if self.is_on:
            self._gathered += (rate - self._gathered) * share
            if self._gathered < self._direct:
                self._end(now)
        else:
            self._direct += (rate - self._direct) * share
            if self._direct >= BUSY and now >= self._not_before:
                self.is_on, self._gathered = True, self._direct

    def _end(self, now: float) -> None:
        self.is_on = False
        self._not_before = now + _PAUSE_WINDOWS * self.window_s
