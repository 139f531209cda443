"""The look-ups of one caller who waits already, in case a live message was lost: seldom where all is quiet, so that ten
thousand who wait are no load; and a bus that is away for a moment must not end the call."""

from __future__ import annotations

from collections.abc import Awaitable

from broker_gateway.application.settings import WaitSettings
from chassis.errors import BusUnavailableError
from schemas.execution import Execution


class Lookups:
    """The look-ups of one call."""

    def __init__(self, settings: WaitSettings) -> None:
        self._max_failed = settings.lookups_failed
        self._max_apart = settings.lookups_apart
        self._apart = 1
        self._quiet = 0
        self._failed = 0

    def is_due(self, *, has_gap: bool) -> bool:
        """Asked whenever ``lookup_every_s`` have passed without news: true the first time, then the second, the fourth
        and so on. ``has_gap``: messages may have been lost, so it is true, and soon again."""
        self._quiet += 1
        if not has_gap and self._quiet < self._apart:
            return False
        self._apart = 1 if has_gap else min(2 * self._apart, self._max_apart)
        self._quiet = 0
        return True

    async def tried(self, lookup: Awaitable[Execution | None]) -> Execution | None:
        """What was found; None also where the bus did not answer. Raises BusUnavailableError for the last of too many
        failures in a row."""
        try:
            found = await lookup
        except BusUnavailableError:
            self._failed += 1
            self._apart = 1
            if self._failed >= self._max_failed:
                raise
            return None
        self._failed = 0
        return found
