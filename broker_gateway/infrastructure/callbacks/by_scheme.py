"""One transport for all schemes."""

from __future__ import annotations

from collections.abc import Mapping

from broker_gateway.application.ports import CallbackTransport, DeliveryError
from schemas.execution import Execution


class CallbackBySchemeTransport:
    """Implements ``CallbackTransport`` with one transport per URL scheme."""

    def __init__(self, transports: Mapping[str, CallbackTransport]) -> None:
        self._transports = transports

    async def deliver(self, url: str, execution: Execution, idempotency_key: str) -> None:
        scheme = url.partition(":")[0].lower()
        transport = self._transports.get(scheme)
        if transport is None:
            raise DeliveryError(f"no way to deliver to {scheme}:", permanent=True)
        await transport.deliver(url, execution, idempotency_key)
