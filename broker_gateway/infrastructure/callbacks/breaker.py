"""A circuit breaker for each endpoint: one that fails again and again is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog
from purgatory import AsyncCircuitBreakerFactory, AsyncInMemoryUnitOfWork
from purgatory.domain.model import CLOSED, OpenedState

from broker_gateway.application.ports import CallbackTransport, DeliveryError, Told
from broker_gateway.domain.callback_url import endpoint_of
from schemas.progress import Progress

MAX_ENDPOINTS = 10_000
"""Failing endpoints that are remembered; clients choose them. Those that work are not kept."""

_SOON_S = 1.0

log = structlog.get_logger(__name__)


class Breakers:
    """The circuit breakers of all endpoints, shared by all transports. An endpoint is a host with its port; each client
    has breakers of its own, so that none can turn another's endpoint off."""

    def __init__(self, failures: int, rest_s: float) -> None:
        """After ``failures`` (at least 1) in a row, no call is made for ``rest_s`` seconds; the next then decide."""
        self.rest_s = rest_s
        self._known: Any = AsyncInMemoryUnitOfWork()
        self._factory = AsyncCircuitBreakerFactory(failures, rest_s, [(DeliveryError, _is_answer)], self._known)

    async def of(self, client: str, endpoint: str) -> Any:
        """The endpoint's breaker: an asynchronous context manager that raises OpenedState while it is open."""
        return await self._factory.get_breaker(f"{client} {endpoint}")

    def settle(self, breaker: Any) -> None:
        """Forgets an endpoint that works, and the oldest of too many that do not."""
        contexts, context = self._known.contexts.breakers, breaker.context
        if context.state == CLOSED and not context.failure_count:
            contexts.pop(context.name, None)
        elif len(contexts) > MAX_ENDPOINTS:
            contexts.pop(next(iter(contexts)))

    def __len__(self) -> int:
        return len(self._known.contexts.breakers)


def _is_answer(error: DeliveryError) -> bool:
    """An endpoint that says no for good is alive; of one that was not called nothing is known."""
    return error.permanent or not error.was_made


class BreakingCallbackTransport:
    """Implements ``CallbackTransport`` over another one. A call that is not made is no attempt: the result waits until
    the endpoint may be called again. Progress is told to no endpoint that rests, and turns none off: it must not delay
    a result."""

    def __init__(self, inner: CallbackTransport, breakers: Breakers) -> None:
        self._inner = inner
        self._breakers = breakers

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        endpoint = endpoint_of(url)
        breaker = await self._breakers.of(client, endpoint)
        was_closed = breaker.context.state == CLOSED
        if isinstance(told, Progress):
            self._breakers.settle(breaker)
            if not was_closed:
                raise DeliveryError("the endpoint rests", was_made=False)
            await self._inner.deliver(url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s)
            return
        try:
            async with breaker:
                await self._inner.deliver(
                    url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s
                )
        except OpenedState as error:
            error.__traceback__ = None  # the library raises one and the same object each time, and it would grow
            rest_s = self._breakers.rest_s
            left_s = max(_SOON_S, error.opened_at + rest_s - time.time())
            raise DeliveryError(
                f"the endpoint failed again and again; it rests for {rest_s:g} s", was_made=False, retry_after_s=left_s
            ) from None
        finally:
            is_closed = breaker.context.state == CLOSED
            if was_closed != is_closed:
                log.warning("callback_endpoint_works" if is_closed else "callback_endpoint_rests", endpoint=endpoint)
            self._breakers.settle(breaker)


def with_breakers(
    transports: Mapping[str, CallbackTransport], failures: int, rest_s: float
) -> dict[str, CallbackTransport]:
    """The transports by the same URL schemes, as they are where ``failures`` is 0."""
    if not failures:
        return dict(transports)
    breakers = Breakers(failures, rest_s)
    return {scheme: BreakingCallbackTransport(inner, breakers) for scheme, inner in transports.items()}
