"""The callback relay: it delivers every finished execution to its callback, at least once."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import structlog

from broker_gateway.application.callback_delivery import CallbackDelivery
from broker_gateway.application.endpoint_limiter import EndpointLimiter
from broker_gateway.application.ports import CallbackTransport, DeliveryError, ResultDelivery, ResultSource
from broker_gateway.application.settings import RelaySettings
from broker_gateway.domain.events import TaskCompletedEvent
from chassis.backoff import Backoff
from schemas.status import DeadReason
from schemas.task import Callback

TAKE_PAUSE = Backoff(base_s=0.2, max_s=5.0)
"""Between tries to take results while the bus is away."""

_MAX_POSTPONED = 100_000
"""Tasks whose postponements are remembered."""

_FAILING_FOR_S = 10.0
"""A source that has failed counts as failing for this long: an empty one never says that it works again."""

_NEVER_S = -math.inf

_log = structlog.get_logger(__name__)


class CallbackRelay:
    """The loop that takes finished executions and delivers them, a bounded number at a time. ``transports`` are found
    by URL scheme. What is in flight when ``run`` is cancelled comes back, to this gateway or another."""

    def __init__(
        self,
        *,
        source: ResultSource,
        transports: Mapping[str, CallbackTransport],
        settings: RelaySettings,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._delivery = CallbackDelivery(transports, settings.delivery_timeout_s)
        self._settings = settings
        self._jitter = jitter
        self._backoff = Backoff(settings.base_s, settings.max_s, settings.factor)
        self._endpoints = EndpointLimiter(settings.per_endpoint)
        self._in_flight = asyncio.Semaphore(settings.at_once)
        self._held: dict[int, ResultDelivery] = {}
        self._has_room = asyncio.Event()
        self._postponed: OrderedDict[str, int] = OrderedDict()
        self._is_running = False
        self._failed_at_s = _NEVER_S

    @property
    def is_running(self) -> bool:
        """True while results are being taken, and taking them has not failed just now."""
        return self._is_running and time.monotonic() - self._failed_at_s >= _FAILING_FOR_S

    async def run(self) -> None:
        """Takes and delivers results until it is cancelled."""
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_alive())
                await self._take_for_ever(group)
        finally:
            self._is_running = False

    async def _take_for_ever(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            room = await self._room()
            try:
                deliveries = await self._source.take(room)
            except Exception as error:  # noqa: BLE001 - whatever the source fails with, the relay must outlive it
                failures += 1
                _log.warning("result_source_failed", error=repr(error), failures=failures)
                self._failed_at_s = time.monotonic()
                await asyncio.sleep(TAKE_PAUSE.delay_s(failures, self._jitter()))
                continue
            failures, self._failed_at_s = 0, _NEVER_S
            for delivery in deliveries:
                if delivery.result.callback is None:
                    await self._pass_over(delivery)
                    continue
                self._held[id(delivery)] = delivery
                group.create_task(self._handle(delivery, delivery.result.callback))

    async def _room(self) -> int:
        """The number of results that may still be held: at least one, waited for if need be."""
        while len(self._held) >= self._settings.held:
            self._has_room.clear()
            await self._has_room.wait()
        return self._settings.held - len(self._held)

    async def _pass_over(self, delivery: ResultDelivery) -> None:
        """Settles a result that nobody wants to be told of. Most are like this: none is worth an asyncio task of its
        own."""
        try:
            await delivery.done()
        except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes back; the others must go on
            _log.warning("relay_item_failed", task_id=delivery.result.execution.id, error=repr(error))

    async def _handle(self, delivery: ResultDelivery, callback: Callback) -> None:
        event = TaskCompletedEvent.of(delivery.result)
        try:
            await self._deliver_or_postpone(delivery, event, callback)
        except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes back; the others must go on
            _log.warning("relay_item_failed", task_id=event.task_id, error=repr(error))
        finally:
            del self._held[id(delivery)]
            self._has_room.set()

    async def _deliver_or_postpone(
        self, delivery: ResultDelivery, event: TaskCompletedEvent, callback: Callback
    ) -> None:
        endpoint = urlsplit(callback.url).netloc
        if self._endpoints.count(endpoint) >= self._settings.held_per_endpoint:
            self._remember_postponed(event.task_id)
            await delivery.retry_in(self._settings.postpone_s)
            return
        async with self._endpoints.permit(endpoint), self._in_flight:
            failure = await self._delivery.attempt(callback, delivery.result.execution)
        await self._settle(delivery, event, failure)

    async def _settle(self, delivery: ResultDelivery, event: TaskCompletedEvent, failure: DeliveryError | None) -> None:
        failures = max(1, delivery.attempt - self._postponed.get(event.task_id, 0))
        log = _log.bind(task_id=event.task_id, status=event.status.value, attempt=failures, url=event.callback_url)
        if failure is None:
            await delivery.done()
            log.info("callback_delivered", total_ms=event.total_ms)
        elif failure.permanent or failures >= self._settings.max_attempts:
            await delivery.bury(DeadReason.UNDELIVERED, f"{failures} attempts, the last: {failure}")
            log.warning("callback_given_up", error=str(failure))
        else:
            delay_s = self._backoff.delay_s(failures, self._jitter())
            await delivery.retry_in(delay_s)
            log.info("callback_failed", error=str(failure), retry_in_s=round(delay_s, 3))
            return
        self._postponed.pop(event.task_id, None)

    def _remember_postponed(self, task_id: str) -> None:
        """Notes that a result was handed back untried: it has not failed, though the source counts an attempt."""
        self._postponed[task_id] = self._postponed.pop(task_id, 0) + 1
        if len(self._postponed) > _MAX_POSTPONED:
            self._postponed.popitem(last=False)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            answers = await asyncio.gather(*(one.keep_alive() for one in self._held.values()), return_exceptions=True)
            failed = [answer for answer in answers if isinstance(answer, BaseException)]
            if failed:
                _log.info("relay_keep_alive_failed", count=len(failed), error=repr(failed[0]))
