"""The bounds of the calls that last and that anybody may make, without a token: watching the health, reflection."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio

from broker_gateway.application.commands import Busy
from broker_gateway.domain.quota import Quota
from broker_gateway.interfaces.refusals import refuse

LASTING = frozenset(
    (
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    )
)
"""Methods whose calls last for as long as the caller likes. ``Check`` does not, so that no flood keeps an orchestrator
from asking."""
PER_ADDRESS = 100
"""From one address: a proxy's, where clients come through one."""
IN_ALL = 1_000
_AGAIN_MS = 1_000


class StrangerBounds:
    """The open calls of all strangers, by the address that they come from."""

    def __init__(
        self,
        per_address: int = PER_ADDRESS,
        in_all: int = IN_ALL,
        *,
        on_refused: Callable[[Quota], None] = lambda _quota: None,
    ) -> None:
        """``on_refused`` is told of each call that is one too many."""
        self._per_address = per_address
        self._in_all = in_all
        self._on_refused = on_refused
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def counted(self, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
        """The time in which a call counts; one too many is refused."""
        address = context.peer().rpartition(":")[0]
        if self._open[address] >= self._per_address or self._open.total() >= self._in_all:
            self._on_refused(Quota.OPEN_CALLS)
            await refuse(context, Busy("too many such calls are open", _AGAIN_MS))
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
