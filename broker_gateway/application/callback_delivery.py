"""One attempt to deliver an execution to its callback."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from broker_gateway.application.ports import CallbackTransport, DeliveryError, Told
from schemas.callback import CallbackAttempt, CallbackRecord, DeliveryState
from schemas.execution import ResultMessage
from schemas.progress import Progress
from schemas.task import Callback

_SETTLE_S = 1.0
"""The transport's own time-out comes first."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One call to an endpoint that was made."""

    began_ms: int
    latency_ms: float
    failure: DeliveryError | None

    def after(self, record: CallbackRecord, state: DeliveryState, next_at_ms: int = 0) -> CallbackRecord:
        """The record of the result's delivery with this call."""
        attempt = CallbackAttempt(
            number=record.attempts + 1,
            at_ms=self.began_ms,
            latency_ms=round(self.latency_ms, 1),
            answer="ok" if self.failure is None else self.failure.answer,
            error="" if self.failure is None else str(self.failure) or "failed",
            next_at_ms=next_at_ms,
        )
        return record.after(attempt, state)


def first_record(result: ResultMessage) -> CallbackRecord:
    """The record of a result that nobody has tried to deliver."""
    url = result.callback.url if result.callback else ""
    return CallbackRecord(id=result.execution.id, attempts=0, error="", at_ms=0, url=url, client=result.client)


class CallbackDelivery:
    """The delivery of an execution to the endpoint of its callback, one attempt at a time. ``transports`` are found by
    URL scheme."""

    def __init__(self, transports: Mapping[str, CallbackTransport], timeout_s: float) -> None:
        """``timeout_s``: for any attempt."""
        self._transports = transports
        self._timeout_s = timeout_s

    async def attempt(
        self, callback: Callback, told: Told, *, client: str, timeout_s: float | None = None
    ) -> DeliveryError | None:
        """Calls the endpoint once, for the client's task; None where it took what it is ``told``. ``timeout_s``: for
        this attempt, where that is less than for any."""
        transport = self._transports.get(urlsplit(callback.url).scheme)
        if transport is None:
            return DeliveryError("no transport for this kind of URL", permanent=True)
        within_s = min(timeout_s or self._timeout_s, self._timeout_s)
        try:
            async with asyncio.timeout(within_s + _SETTLE_S):
                await transport.deliver(
                    callback.url,
                    told,
                    idempotency_key(callback, told),
                    client=client,
                    headers=callback.headers,
                    timeout_s=within_s,
                )
        except DeliveryError as error:
            return error
        except TimeoutError:
            return DeliveryError(f"no answer within {within_s:g} s")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the result its other attempts
            task_id = told.execution.id if isinstance(told, Progress) else told.id
            _log.exception("callback_transport_failed", task_id=task_id)
            return DeliveryError(f"the transport failed: {type(error).__name__}")
        return None


def idempotency_key(callback: Callback, told: Told) -> str:
    """The key by which an endpoint knows what it was told before: the task's id for its result, with the sequence for
    what came before that. A task that was redriven has another one, or its new result would look like the old one told
    twice."""
    if isinstance(told, Progress):
        return f"{idempotency_key(callback, told.execution)}.{told.sequence}"
    return f"{told.id}-{callback.occasion}" if callback.occasion else told.id
