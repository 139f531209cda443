"""The look at a callback's address when its task is submitted: whoever typed it learns at once that nobody will call
there. It keeps nobody safe: a name may lead elsewhere later, so the address is checked again by whoever connects."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from broker_gateway.infrastructure.callbacks.addresses import AddressGuard, ForbiddenAddressError
from broker_gateway.infrastructure.callbacks.name_lookups import CALLED_FOR

AT_ONCE = 8
"""Names that are waited for at a time."""
PATIENCE_S = 1.0
KEPT_S, KEPT = 30.0, 1024
"""How long, and of how many hosts, it is known what came of it."""
_SUBMITTED = "submitted: "
"""All who submit have one share of the look-ups together, so that the calls themselves keep theirs."""


class SubmittedAddresses:
    """Tells which callbacks are in vain. A host that cannot be looked up now, for whatever reason, passes."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._looking = 0
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def refusal(self, url: str) -> str:
        """Why the well-formed ``url`` is refused; empty where it is not."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        known = self._known.get(host)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        if self._looking >= AT_ONCE:
            return ""
        self._looking += 1
        try:
            words = await self._look(host, parts.port or 80)
        finally:
            self._looking -= 1
        self._known[host] = (time.monotonic() + KEPT_S, words)
        self._known.move_to_end(host)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return words

    async def _look(self, host: str, port: int) -> str:
        CALLED_FOR.set(_SUBMITTED)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._guard.resolve(host, port)
        except ForbiddenAddressError as error:
            return str(error)
        except (OSError, TimeoutError, UnicodeError):
            return ""
        return ""
