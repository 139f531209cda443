"""Where the callback relay takes results from and where it delivers them, in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec

from broker_gateway.application.callback_delivery import first_record
from broker_gateway.application.callback_ports import RecordPage
from broker_gateway.application.ports import DeliveryError, Told
from schemas.callback import CallbackRecord, DeliveryState
from schemas.dead_letter import DeadLetter
from schemas.execution import ResultMessage
from tests.builders import a_dead_letter


class MemoryResultDelivery:
    """Implements ``ResultDelivery`` and remembers what was done with it; ``settled`` is set by the first final word.
    One that is handed back comes again from the source it came from."""

    def __init__(self, result: ResultMessage, attempt: int = 1) -> None:
        self.result = result
        self.attempt = attempt
        self.size_bytes = len(msgspec.json.encode(result))
        self.outcome = ""
        self.delay_s = 0.0
        self.reason = ""
        self.detail = ""
        self.kept_alive = 0
        self.source: MemoryResultSource | None = None
        self.settled = asyncio.Event()

    def _settle(self, outcome: str) -> None:
        if self.settled.is_set():
            raise AssertionError(f"settled twice: {self.outcome}, {outcome}")
        self.outcome = outcome
        self.settled.set()

    async def done(self) -> None:
        self._settle("done")

    async def retry_in(self, seconds: float) -> None:
        self.delay_s = seconds
        self._settle("retry")
        if self.source is not None:
            again = MemoryResultDelivery(self.result, self.attempt + 1)
            asyncio.get_running_loop().call_later(seconds, self.source.put, again)

    async def bury(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        self._settle("buried")
        if self.source is not None:
            payload = msgspec.json.encode(self.result).decode()
            letter = a_dead_letter(
                self.result.execution.id, reason, detail=detail, payload=payload, attempts=self.attempt
            )
            self.source.buried.append(letter)

    async def keep_alive(self) -> None:
        self.kept_alive += 1


class MemoryResultSource:
    """Implements ``ResultSource``: gives what was put in. ``failures`` are raised first, one by one."""

    def __init__(self) -> None:
        self._items: deque[MemoryResultDelivery] = deque()
        self._has_items = asyncio.Event()
        self.failures: list[Exception] = []
        self.buried: list[DeadLetter] = []
        self.max_asked: list[int] = []

    def put(self, *deliveries: MemoryResultDelivery) -> None:
        for delivery in deliveries:
            delivery.source = self
            self._items.append(delivery)
        self._has_items.set()

    async def take(self, max_results: int) -> Sequence[MemoryResultDelivery]:
        self.max_asked.append(max_results)
        if self.failures:
            raise self.failures.pop(0)
        await self._has_items.wait()
        taken = [self._items.popleft() for _ in range(min(max_results, len(self._items)))]
        if not self._items:
            self._has_items.clear()
        return taken


class MemoryTransport:
    """Implements ``CallbackTransport``; delivers to a list. ``answers`` holds, by URL, what is raised next; ``gates``
    what is waited for first."""

    def __init__(self) -> None:
        self.delivered: list[tuple[str, Told, str]] = []
        self.answers: dict[str, list[Exception]] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.timeouts_s: list[float | None] = []
        self.headers: list[str] = []
        self.in_flight = 0
        self.max_in_flight = 0

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
        self.timeouts_s.append(timeout_s)
        self.headers.append(headers)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            if url in self.gates:
                await self.gates[url].wait()
            if self.answers.get(url):
                raise self.answers[url].pop(0)
            self.delivered.append((url, told, idempotency_key))
        finally:
            self.in_flight -= 1


class MemoryAttemptLedger:
    """Implements ``AttemptLedger``. Relays share it as they share the bus. A page token is a position."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], CallbackRecord] = {}
        self.first: dict[tuple[str, str], CallbackRecord] = {}

    async def known(self, result: ResultMessage) -> CallbackRecord:
        return self.records.get(_key(result), first_record(result))

    async def note(self, result: ResultMessage, record: CallbackRecord) -> None:
        self.records.pop(_key(result), None)
        self.records[_key(result)] = record

    def note_first(self, result: ResultMessage, record: CallbackRecord) -> None:
        self.first[_key(result)] = record

    async def newest(self, task_id: str) -> CallbackRecord | None:
        words = [*self.records.items(), *self.first.items()]
        found = [record for (of, _), record in reversed(words) if of == task_id]
        return max(found, key=lambda record: record.at_ms, default=None)

    async def page(self, state: DeliveryState | None, size: int, token: str) -> RecordPage:
        if token and not (token.isdecimal() and len(token) < 20):
            raise ValueError(f"not a page token: {token!r}")
        start = int(token or 0)
        found = [one for one in reversed(self.records.values()) if state in (None, one.state)]
        rest = found[start + size :]
        return RecordPage(found[start : start + size], str(start + size) if rest else "")


def _key(result: ResultMessage) -> tuple[str, str]:
    return result.execution.id, result.callback.occasion if result.callback else ""


def refused(
    message: str = "503", *, permanent: bool = False, was_made: bool = True, retry_after_s: float | None = None
) -> DeliveryError:
    return DeliveryError(message, permanent=permanent, was_made=was_made, retry_after_s=retry_after_s)
