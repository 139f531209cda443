"""The callback relay: it delivers every finished execution to its callback, at least once."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping

import msgspec
import structlog

from broker_gateway.application.answer_keeping import AnswerKeeping
from broker_gateway.application.callback_delivery import Call, CallbackDelivery, first_record
from broker_gateway.application.callback_ports import AttemptLedger, CallbackOutcome, CountOutcome
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.fair_shares import FairShares, NoTurnError
from broker_gateway.application.ports import (
    CallbackTransport,
    DeliveryError,
    ResultDelivery,
    ResultSource,
)
from broker_gateway.application.settings import RelaySettings
from broker_gateway.application.tracing import TRACEPARENT, trace_fields
from broker_gateway.domain.callback_attempts import growth
from broker_gateway.domain.callback_url import endpoint_of, origin_of
from broker_gateway.domain.events import TaskCompletedEvent
from chassis.backoff import Backoff
from schemas.callback import CallbackRecord, DeliveryState
from schemas.status import DeadReason
from schemas.task import Callback

TAKE_PAUSE = Backoff(base_s=0.2, max_s=5.0)
"""Between tries to take results while the bus is away."""

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
        ledger: AttemptLedger,
        settings: RelaySettings,
        count: CountOutcome,
        keeping: AnswerKeeping | None = None,
        jitter: Callable[[], float] = random.random,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._source = source
        self._delivery = CallbackDelivery(transports, settings.attempts.timeout_s)
        self._ledger = ledger
        self._settings = settings
        self._count = count
        self._keeping = keeping
        self._attempts = settings.attempts
        self._now_ms = now_ms
        self._jitter = jitter
        factor = growth(settings.base_s, settings.max_s, settings.attempts.max_attempts)
        self._backoff = Backoff(settings.base_s, settings.max_s, factor)
        self._shares = FairShares(settings.at_once, settings.per_endpoint)
        self._held: dict[int, ResultDelivery] = {}
        self._has_room = asyncio.Event()
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
                if delivery.result.callback is None and not delivery.result.answer:
                    await self._pass_over(delivery)
                    continue
                self._held[id(delivery)] = delivery
                group.create_task(self._handle(delivery, delivery.result.callback))

    async def _room(self) -> int:
        """The number of results that may still be held: at least one, waited for if need be."""
        while len(self._held) >= self._settings.held:
            self._has_room.clear()
            self._shares.make_room(self._settings.held)
            await self._has_room.wait()
        return self._settings.held - len(self._held)

    async def _pass_over(self, delivery: ResultDelivery) -> None:
        """Settles a result that nobody wants to be told of. Most are like this: none is worth an asyncio task of its
        own."""
        try:
            await delivery.done()
        except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes back; the others must go on
            _log.warning("relay_item_failed", task_id=delivery.result.execution.id, error=repr(error))

    async def _handle(self, delivery: ResultDelivery, callback: Callback | None) -> None:
        event = TaskCompletedEvent.of(delivery.result)
        TRACEPARENT.set(delivery.result.traceparent)
        try:
            if delivery.result.answer and self._keeping is not None:
                await self._keeping.settle(delivery.result)
            if callback is None:
                await delivery.done()
            else:
                await self._deliver_or_postpone(delivery, event, callback)
        except Exception as error:  # noqa: BLE001 - not acknowledged, so it comes back; the others must go on
            _log.warning("relay_item_failed", task_id=event.task_id, error=repr(error))
        finally:
            del self._held[id(delivery)]
            self._has_room.set()

    async def _deliver_or_postpone(
        self, delivery: ResultDelivery, event: TaskCompletedEvent, callback: Callback
    ) -> None:
        endpoint = endpoint_of(callback.url)
        owner = event.client or endpoint
        if self._holds_its_share(owner, endpoint):
            await delivery.retry_in(self._settings.postpone_s)
            return
        is_new = delivery.attempt == 1
        record = first_record(delivery.result) if is_new else await self._ledger.known(delivery.result)
        try:
            async with self._shares.turn(owner, endpoint):
                began_ms, began_s = self._now_ms(), time.monotonic()
                failure = await self._delivery.attempt(
                    callback,
                    delivery.result.execution,
                    client=event.client,
                    timeout_s=self._attempts.timeout_of(record.attempts + 1),
                )
                if failure is None or failure.was_made:
                    self._shares.settle(owner, endpoint, works=failure is None or failure.permanent)
        except NoTurnError:
            await delivery.retry_in(self._settings.postpone_s)
            return
        if failure is not None and not failure.was_made:
            await self._wait_for_endpoint(delivery, event, record, failure)
        else:
            call = Call(began_ms, (time.monotonic() - began_s) * 1000, failure)
            await self._settle(delivery, event, record, call)

    def _holds_its_share(self, owner: str, endpoint: str) -> bool:
        held = self._shares.share_of(self._settings.held, owner)
        return (
            self._shares.held(owner) >= held
            or self._shares.held_for(owner, endpoint) >= self._settings.held_per_endpoint
        )

    async def _settle(
        self, delivery: ResultDelivery, event: TaskCompletedEvent, record: CallbackRecord, call: Call
    ) -> None:
        attempt, failure, waited_ms = record.attempts + 1, call.failure, self._waited_ms(delivery)
        where = str(origin_of(event.callback_url or ""))
        log = _log.bind(task_id=event.task_id, status=event.status.value, attempt=attempt, url=where)
        log = log.bind(latency_ms=round(call.latency_ms, 1), **trace_fields())
        if failure is None:
            await delivery.done()
            log.info("callback_delivered", total_ms=event.total_ms)
            self._count(CallbackOutcome.DELIVERED, waited_ms / 1000)
            await self._note_delivered(delivery, record, call)
        elif failure.permanent or self._attempts.is_last(attempt) or self._attempts.is_too_old(waited_ms):
            await delivery.bury(DeadReason.UNDELIVERED, f"{attempt} attempts, the last: {failure}")
            log.warning("callback_given_up", error=str(failure))
            self._count(CallbackOutcome.GIVEN_UP, waited_ms / 1000)
            await self._ledger.note(delivery.result, call.after(record, DeliveryState.GIVEN_UP))
        else:
            planned_s = self._backoff.delay_s(attempt, self._jitter())
            delay_s = self._attempts.pause_s(planned_s, failure.retry_after_s, waited_ms)
            next_at_ms = self._now_ms() + int(delay_s * 1000)
            await self._ledger.note(delivery.result, call.after(record, DeliveryState.RETRYING, next_at_ms))
            await delivery.retry_in(delay_s)
            log.info("callback_failed", error=str(failure), retry_in_s=round(delay_s, 3))
            self._count(CallbackOutcome.FAILED, waited_ms / 1000)

    async def _note_delivered(self, delivery: ResultDelivery, record: CallbackRecord, call: Call) -> None:
        """Nearly all are taken at the first call: nobody waits for the note on those."""
        delivered = call.after(record, DeliveryState.DELIVERED)
        if record.tried:
            await self._ledger.note(delivery.result, delivered)
        else:
            self._ledger.note_first(delivery.result, delivered)

    async def _wait_for_endpoint(
        self, delivery: ResultDelivery, event: TaskCompletedEvent, record: CallbackRecord, failure: DeliveryError
    ) -> None:
        """No call was made: that is no attempt, and costs the result none of its own."""
        waited_ms = self._waited_ms(delivery)
        if self._attempts.is_too_old(waited_ms):
            await delivery.bury(
                DeadReason.UNDELIVERED, f"{record.attempts} attempts, and then no more in time: {failure}"
            )
            _log.warning("callback_given_up", task_id=event.task_id, attempt=record.attempts, error=str(failure))
            self._count(CallbackOutcome.GIVEN_UP, waited_ms / 1000)
            given_up = msgspec.structs.replace(
                record, state=DeliveryState.GIVEN_UP, error=str(failure), at_ms=self._now_ms()
            )
            await self._ledger.note(delivery.result, given_up)
            return
        self._count(CallbackOutcome.NOT_CALLED, waited_ms / 1000)
        rest_s = self._attempts.rest_s(failure.retry_after_s or self._settings.postpone_s, waited_ms)
        await delivery.retry_in(rest_s * (1 + self._jitter() / 4))

    def _waited_ms(self, delivery: ResultDelivery) -> int:
        """Since the task ended; 0 where that is not known."""
        finished_ms = delivery.result.execution.finished_at_ms
        return 0 if finished_ms is None else max(0, self._now_ms() - finished_ms)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            answers = await asyncio.gather(*(one.keep_alive() for one in self._held.values()), return_exceptions=True)
            failed = [answer for answer in answers if isinstance(answer, BaseException)]
            if failed:
                _log.info("relay_keep_alive_failed", count=len(failed), error=repr(failed[0]))
