"""The progress relay: it tells callbacks what happens to their tasks before the end, at best (docs/adr/0023).

Nothing here may cost a result anything: it has connections and turns of its own, and what cannot be told soon is
dropped, as the result has it all.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Mapping

import structlog

from broker_gateway.application.callback_delivery import CallbackDelivery
from broker_gateway.application.callback_ports import (
    CountProgress,
    Ends,
    ProgressDelivery,
    ProgressOutcome,
    ProgressSource,
)
from broker_gateway.application.fair_shares import FairShares, NoTurnError
from broker_gateway.application.ports import CallbackTransport, DeliveryError
from broker_gateway.application.settings import ProgressSettings
from broker_gateway.domain.callback_url import endpoint_of, origin_of
from broker_gateway.domain.progress_pace import Pace
from chassis.backoff import Backoff
from schemas.progress import ProgressMessage

MAX_REMEMBERED = 10_000
"""Endpoints and tasks of which something is remembered; clients choose them."""
_TAKE_PAUSE = Backoff(base_s=0.2, max_s=5.0)

_log = structlog.get_logger(__name__)


class _Paces:
    """The paces of those who were told something lately."""

    def __init__(self, burst: int, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._known: OrderedDict[str, Pace] = OrderedDict()

    def of(self, name: str) -> Pace:
        pace = self._known.pop(name, None) or Pace(self._burst, self._per_s)
        self._known[name] = pace
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return pace


class ProgressRelay:
    """The loop that takes what happened and tells it. What is in its hands when ``run`` is cancelled comes back, to
    this gateway or another."""

    def __init__(
        self,
        *,
        source: ProgressSource,
        transports: Mapping[str, CallbackTransport],
        ends: Ends,
        settings: ProgressSettings,
        count: CountProgress,
    ) -> None:
        self._source = source
        self._delivery = CallbackDelivery(transports, settings.timeout_s)
        self._ends = ends
        self._settings = settings
        self._count = count
        self._shares = FairShares(settings.at_once, per_endpoint=1)
        self._held: dict[int, ProgressDelivery] = {}
        self._has_room = asyncio.Event()
        self._paces = _Paces(settings.burst, settings.per_s)
        self._of_clients = _Paces(settings.client_burst, settings.client_per_s)
        self._given_up: OrderedDict[str, None] = OrderedDict()
        """Tasks whose callbacks are told no more."""

    async def run(self) -> None:
        """Takes and tells until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_alive())
            await self._take_for_ever(group)

    async def _take_for_ever(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            while len(self._held) >= self._settings.held:
                self._has_room.clear()
                await self._has_room.wait()
            try:
                deliveries = await self._source.take(self._settings.held - len(self._held))
            except Exception as error:  # noqa: BLE001 - whatever the source fails with, the relay must outlive it
                failures += 1
                _log.warning("progress_source_failed", error=repr(error), failures=failures)
                await asyncio.sleep(_TAKE_PAUSE.delay_s(failures, random.random()))  # noqa: S311 - no secret
                continue
            failures = 0
            for delivery in deliveries:
                self._held[id(delivery)] = delivery
                group.create_task(self._handle(delivery))

    async def _handle(self, delivery: ProgressDelivery) -> None:
        message = delivery.message
        endpoint = endpoint_of(message.callback.url)
        owner = message.client or endpoint
        try:
            outcome = await self._told(message, owner, endpoint)
        except Exception as error:  # noqa: BLE001 - not settled, so it comes again while it is news; the others go on
            _log.info("progress_item_failed", task_id=message.progress.execution.id, error=repr(error))
        else:
            delivery.done()
            self._count(outcome)
        finally:
            del self._held[id(delivery)]
            self._has_room.set()

    async def _told(self, message: ProgressMessage, owner: str, endpoint: str) -> ProgressOutcome:
        if self._is_too_much(owner, endpoint):
            return ProgressOutcome.DROPPED
        too_old_at_s = time.monotonic() + self._settings.too_old_s
        try:
            async with self._shares.turn(owner, endpoint):
                pace = self._paces.of(f"{owner} {endpoint}")
                if pace.rests(time.monotonic()) or await self._is_no_news(message, too_old_at_s):
                    return ProgressOutcome.DROPPED
                return await self._try(message, pace, too_old_at_s)
        except NoTurnError:
            return ProgressOutcome.DROPPED

    def _is_too_much(self, owner: str, endpoint: str) -> bool:
        if self._shares.held(owner) >= self._shares.share_of(self._settings.held, owner):
            return True
        if self._shares.held_for(owner, endpoint) >= self._settings.held_per_endpoint:
            return True
        return not self._of_clients.of(owner).takes(time.monotonic())

    async def _is_no_news(self, message: ProgressMessage, too_old_at_s: float) -> bool:
        task_id = message.progress.execution.id
        if task_id in self._given_up or time.monotonic() > too_old_at_s:
            return True
        return await self._ends.has_ended(task_id)

    async def _try(self, message: ProgressMessage, pace: Pace, too_old_at_s: float) -> ProgressOutcome:
        """Calls the endpoint when its pace allows it, and some times more."""
        settings, last = self._settings, DeliveryError("it was not tried")
        retries = [settings.retry_s * 2**number for number in range(settings.tries - 1)]
        for pause_s in (pace.wait_s(time.monotonic()), *retries):
            if pause_s:
                await asyncio.sleep(pause_s)
                if await self._is_no_news(message, too_old_at_s):
                    return ProgressOutcome.DROPPED
            failure = await self._delivery.attempt(message.callback, message.progress, client=message.client)
            if failure is None:
                return ProgressOutcome.DELIVERED
            if not failure.was_made:
                return ProgressOutcome.DROPPED
            last = failure
            if failure.permanent:
                break
        self._give_up(message, last)
        if not last.permanent:
            pace.rest(time.monotonic() + settings.rest_s)
        return ProgressOutcome.FAILED

    def _give_up(self, message: ProgressMessage, failure: DeliveryError) -> None:
        task_id = message.progress.execution.id
        _log.info("progress_given_up", task_id=task_id, url=str(origin_of(message.callback.url)), error=str(failure))
        self._given_up[task_id] = None
        if len(self._given_up) > MAX_REMEMBERED:
            self._given_up.popitem(last=False)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keep_alive_s)
            await asyncio.gather(*(one.keep_alive() for one in self._held.values()), return_exceptions=True)
