"""The look-ups of one caller who waits already: a bus that is away for a moment must not end the call."""

from __future__ import annotations

from collections.abc import Awaitable

from chassis.errors import BusUnavailableError
from schemas.execution import Execution


class Lookups:
    """The look-ups of one call."""

    def __init__(self, max_failed: int) -> None:
        """``max_failed``: so many in a row end the call."""
        self._max_failed = max_failed
        self._failed = 0

    async def tried(self, lookup: Awaitable[Execution | None]) -> Execution | None:
        """What was found; None also where the bus did not answer. Raises BusUnavailableError for the last of too many
        failures in a row."""
        try:
            found = await lookup
        except BusUnavailableError:
            self._failed += 1
            if self._failed >= self._max_failed:
                raise
            return None
        self._failed = 0
        return found
