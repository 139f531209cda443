"""One try to take an execution to its callback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog

from broker_gateway.application.ports import CallbackTransport, DeliveryError
from schemas.execution import Execution

_log = structlog.get_logger(__name__)


class CallbackDelivery:
    """``transports`` by URL scheme. The idempotency key is the task's id."""

    def __init__(self, transports: Mapping[str, CallbackTransport], timeout_s: float) -> None:
        self._transports = transports
        self._timeout_s = timeout_s

    async def attempt(self, url: str, execution: Execution) -> DeliveryError | None:
        """None once the endpoint has it."""
        transport = self._transports.get(urlsplit(url).scheme)
        if transport is None:
            return DeliveryError("no transport for this kind of URL", permanent=True)
        try:
            async with asyncio.timeout(self._timeout_s):
                await transport.deliver(url, execution, execution.id)
        except DeliveryError as error:
            return error
        except TimeoutError:
            return DeliveryError(f"no answer within {self._timeout_s:g} s")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the result its other attempts
            _log.exception("callback_transport_failed", task_id=execution.id)
            return DeliveryError(f"the transport failed: {error!r}")
        return None
