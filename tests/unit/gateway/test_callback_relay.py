"""Deliveries: at least once, bounded, and none in the way of another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from broker_gateway.application import callback_relay
from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.readiness import Readiness, ReadinessReport
from broker_gateway.application.settings import RelaySettings
from chassis.backoff import Backoff
from chassis.errors import BusUnavailableError
from tests.builders import a_result, an_execution
from tests.fakes.callbacks import MemoryResultDelivery, MemoryResultSource, MemoryTransport, refused
from tests.fakes.memory_bus import MemoryBus, MemoryBusState
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S

SETTINGS = RelaySettings()


class RelayOnFakes:
    def __init__(self, settings: RelaySettings) -> None:
        self.source = MemoryResultSource()
        self.transport = MemoryTransport()
        transports = {"http": self.transport, "https": self.transport, "grpc": self.transport}
        self.relay = CallbackRelay(source=self.source, transports=transports, settings=settings, jitter=lambda: 1.0)

    async def settled(self, *deliveries: MemoryResultDelivery) -> list[str]:
        """Hands them in; how each was settled."""
        self.source.put(*deliveries)
        return await self.outcomes(*deliveries)

    async def outcomes(self, *deliveries: MemoryResultDelivery) -> list[str]:
        async with asyncio.timeout(PATIENCE_S):
            for delivery in deliveries:
                await delivery.settled.wait()
        return [delivery.outcome for delivery in deliveries]


@asynccontextmanager
async def running_relay(settings: RelaySettings = SETTINGS) -> AsyncIterator[RelayOnFakes]:
    setup = RelayOnFakes(settings)
    running = asyncio.create_task(setup.relay.run())
    try:
        yield setup
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def delivery(task_id: str = "t1", url: str | None = "http://h/", attempt: int = 1) -> MemoryResultDelivery:
    return MemoryResultDelivery(a_result(task_id, url), attempt)


async def test_a_result_without_a_callback_is_done_at_once() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery(url=None)) == ["done"]
        assert setup.transport.delivered == []


async def test_a_callback_gets_the_execution_with_the_tasks_id_for_a_key() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery("t7", "https://blog.example/done")) == ["done"]
        assert setup.transport.delivered == [("https://blog.example/done", an_execution("t7"), "t7")]


@pytest.mark.parametrize(("attempt", "delay_s"), [(1, 1.0), (2, 2.0), (4, 8.0), (11, 60.0)])
async def test_a_failed_delivery_is_tried_again_after_a_growing_time(attempt: int, delay_s: float) -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused()]
        failed = delivery(attempt=attempt)
        assert await setup.settled(failed) == ["retry"]
        assert failed.delay_s == delay_s


async def test_a_delivery_that_has_used_up_its_attempts_is_buried() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("503 from h"), refused("503 from h")]
        failed = delivery(attempt=12)
        assert await setup.settled(failed) == ["buried"]
        assert await setup.settled(delivery("t2", attempt=13)) == ["buried"]
        assert failed.reason == "undelivered"
        assert "12 attempts" in failed.detail
        assert "503 from h" in failed.detail


async def test_a_permanent_failure_is_buried_at_once() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("410", permanent=True)]
        assert await setup.settled(delivery()) == ["buried"]


async def test_a_kind_of_url_that_nobody_delivers_is_buried() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery(url="gopher://h/")) == ["buried"]


async def test_a_fault_in_a_transport_counts_as_a_failed_attempt() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [RuntimeError("a fault of ours")]
        assert await setup.settled(delivery()) == ["retry"]
        assert await setup.settled(delivery("t2")) == ["done"]


async def test_an_endpoint_that_never_answers_has_failed_after_a_while() -> None:
    async with running_relay(replace(SETTINGS, delivery_timeout_s=0.01)) as setup:
        setup.transport.gates["http://h/"] = asyncio.Event()
        assert await setup.settled(delivery()) == ["retry"]


async def test_slow_endpoints_do_not_hold_up_the_others() -> None:
    async with running_relay(replace(SETTINGS, at_once=4, per_endpoint=2)) as setup:
        gate = setup.transport.gates["http://slow/"] = asyncio.Event()
        stuck = [delivery(f"s{number}", "http://slow/") for number in range(50)]
        setup.source.put(*stuck)
        others = [delivery(f"f{number}", "http://fast/") for number in range(20)]
        assert await setup.settled(*others) == ["done"] * 20
        assert not any(one.settled.is_set() for one in stuck)
        gate.set()
        assert await setup.outcomes(*stuck) == ["done"] * 50
        assert setup.transport.max_in_flight <= 4


async def test_what_is_too_much_for_one_endpoint_is_handed_back_for_later() -> None:
    settings = replace(SETTINGS, per_endpoint=1, held_per_endpoint=2, postpone_s=7.0)
    async with running_relay(settings) as setup:
        gate = setup.transport.gates["http://slow/"] = asyncio.Event()
        setup.source.put(delivery("s1", "http://slow/"), delivery("s2", "http://slow/"))
        late = delivery("s3", "http://slow/")
        assert await setup.settled(late) == ["retry"]
        assert late.delay_s == 7.0
        gate.set()


async def test_a_turn_that_was_not_had_is_no_failed_attempt() -> None:
    settings = replace(SETTINGS, per_endpoint=1, held_per_endpoint=1, max_attempts=2)
    async with running_relay(settings) as setup:
        gate = setup.transport.gates["http://slow/"] = asyncio.Event()
        blocking = delivery("s1", "http://slow/")
        setup.source.put(blocking)
        for attempt in (1, 2, 3):
            assert await setup.settled(delivery("s2", "http://slow/", attempt)) == ["retry"]
        gate.set()
        assert await setup.outcomes(blocking) == ["done"]
        setup.transport.answers["http://slow/"] = [refused(), refused()]
        first, second = delivery("s2", "http://slow/", 4), delivery("s2", "http://slow/", 5)
        assert await setup.settled(first) == ["retry"]
        assert first.delay_s == 1.0
        assert await setup.settled(second) == ["buried"]


async def test_a_failure_counts_for_one_where_a_source_counts_no_turn_that_was_not_had() -> None:
    async with running_relay(replace(SETTINGS, per_endpoint=1, held_per_endpoint=1)) as setup:
        gate = setup.transport.gates["http://slow/"] = asyncio.Event()
        blocking = delivery("s1", "http://slow/")
        setup.source.put(blocking)
        assert await setup.settled(delivery("s2", "http://slow/")) == ["retry"]
        gate.set()
        assert await setup.outcomes(blocking) == ["done"]
        setup.transport.answers["http://slow/"] = [refused()]
        failed = delivery("s2", "http://slow/")
        assert await setup.settled(failed) == ["retry"]
        assert failed.delay_s == 1.0


async def test_of_turns_that_were_not_had_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_relay, "_MAX_POSTPONED", 1)
    async with running_relay(replace(SETTINGS, per_endpoint=1, held_per_endpoint=1)) as setup:
        gate = setup.transport.gates["http://slow/"] = asyncio.Event()
        blocking = delivery("s1", "http://slow/")
        setup.source.put(blocking)
        for task_id in ("forgotten", "remembered"):
            assert await setup.settled(delivery(task_id, "http://slow/")) == ["retry"]
        gate.set()
        assert await setup.outcomes(blocking) == ["done"]
        setup.transport.answers["http://slow/"] = [refused(), refused()]
        forgotten, remembered = (delivery(task_id, "http://slow/", 2) for task_id in ("forgotten", "remembered"))
        assert await setup.settled(forgotten) == await setup.settled(remembered) == ["retry"]
        assert (forgotten.delay_s, remembered.delay_s) == (2.0, 1.0)


async def test_no_more_is_taken_than_may_be_held() -> None:
    async with running_relay(replace(SETTINGS, held=3)) as setup:
        gate = setup.transport.gates["http://h/"] = asyncio.Event()
        many = [delivery(f"t{number}") for number in range(10)]
        setup.source.put(*many)
        await asyncio.wait_for(_until(lambda: setup.transport.in_flight == 3), PATIENCE_S)
        assert setup.source.max_asked == [3]
        gate.set()
        assert await setup.outcomes(*many) == ["done"] * 10
        assert max(setup.source.max_asked) <= 3


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what changes here has no event of its own
        await asyncio.sleep(0)


async def test_what_is_held_is_kept_alive_until_it_is_settled() -> None:
    async with running_relay(replace(SETTINGS, keep_alive_s=0.002)) as setup:
        gate = setup.transport.gates["http://h/"] = asyncio.Event()
        held = delivery()
        setup.source.put(held)
        await asyncio.wait_for(_until(lambda: held.kept_alive >= 2), PATIENCE_S)
        gate.set()
        await held.settled.wait()
        kept_alive, another = held.kept_alive, delivery("t2")
        setup.transport.gates["http://h/"] = asyncio.Event()
        setup.source.put(another)
        await asyncio.wait_for(_until(lambda: another.kept_alive >= 5), PATIENCE_S)
        assert held.kept_alive <= kept_alive + 1


async def test_a_result_that_cannot_be_kept_alive_ends_neither_the_relay_nor_the_care_for_the_others() -> None:
    async with running_relay(replace(SETTINGS, keep_alive_s=0.002)) as setup:
        setup.transport.gates["http://h/"] = asyncio.Event()
        first, second, other = delivery("t1"), delivery("t2"), delivery("t3")

        async def fail(word: str) -> None:
            raise BusUnavailableError(word)

        first.keep_alive = lambda: fail("down")  # type: ignore[method-assign]  # the bus does not answer for this one
        second.keep_alive = lambda: fail("still down")  # type: ignore[method-assign]  # nor for this one
        with capture_logs() as said:
            setup.source.put(first, second, other)
            await asyncio.wait_for(_until(lambda: other.kept_alive >= 3), PATIENCE_S)
        assert setup.relay.is_running
    logged = [one for one in said if one["event"] == "relay_keep_alive_failed"]
    assert (logged[0]["count"], logged[0]["error"]) == (2, "BusUnavailableError('down')")


async def test_a_failed_delivery_is_logged_with_its_pause_in_milliseconds() -> None:
    async with running_relay(replace(SETTINGS, base_s=1.23456)) as setup:
        setup.transport.answers["http://h/"] = [refused("503 from h")]
        with capture_logs() as said:
            await setup.settled(delivery())
    (line,) = [one for one in said if one["event"] == "callback_failed"]
    assert (line["task_id"], line["attempt"], line["error"], line["retry_in_s"]) == ("t1", 1, "503 from h", 1.235)


async def test_a_failing_bus_stops_nothing_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_relay, "TAKE_PAUSE", Backoff(base_s=0.001, max_s=0.002))
    setup = RelayOnFakes(SETTINGS)
    setup.source.failures = [BusUnavailableError("down"), RuntimeError("odd")]
    running = asyncio.create_task(setup.relay.run())
    assert await setup.settled(delivery()) == ["done"]
    running.cancel()


async def test_failures_to_take_results_are_counted_until_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_relay, "TAKE_PAUSE", Backoff(base_s=0.001, max_s=0.002))
    setup = RelayOnFakes(SETTINGS)
    setup.source.failures = [BusUnavailableError("down"), BusUnavailableError("down")]
    with capture_logs() as said:
        running = asyncio.create_task(setup.relay.run())
        await setup.settled(delivery("t1"))
        setup.source.failures = [BusUnavailableError("down")]
        await setup.settled(delivery("t2"), delivery("t3"))
        await asyncio.wait_for(_until(lambda: not setup.source.failures), PATIENCE_S)
        running.cancel()
        await asyncio.wait({running})
    assert [one["failures"] for one in said if one["event"] == "result_source_failed"] == [1, 2, 1]


async def test_a_result_that_cannot_be_settled_comes_back_and_the_others_go_on() -> None:
    async with running_relay() as setup:
        broken = delivery("t1")

        async def fail() -> None:
            raise BusUnavailableError("down")

        broken.done = fail  # type: ignore[method-assign]  # the bus goes away between delivery and acknowledgement
        setup.source.put(broken)
        assert await setup.settled(delivery("t2")) == ["done"]
        assert broken.outcome == ""


async def test_a_result_that_nobody_wants_and_that_cannot_be_settled_stops_nothing() -> None:
    async with running_relay() as setup:
        broken = delivery("t1", url=None)

        async def fail() -> None:
            raise BusUnavailableError("down")

        broken.done = fail  # type: ignore[method-assign]  # the bus goes away before the acknowledgement
        setup.source.put(broken)
        assert await setup.settled(delivery("t2")) == ["done"]


async def test_the_relay_says_whether_it_takes_results(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = MemoryBus()
    setup = RelayOnFakes(SETTINGS)
    readiness = Readiness(bus=MemoryBusState(bus), relay=setup.relay)
    assert readiness.report() == ReadinessReport(bus=True, relay=False)
    setup.source.failures = [BusUnavailableError("down")]
    running = asyncio.create_task(setup.relay.run())
    await asyncio.wait_for(_until(lambda: not setup.source.failures), PATIENCE_S)
    await asyncio.sleep(0)
    assert not readiness.report().relay
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert readiness.report() == ReadinessReport(bus=True, relay=True)
    bus.is_down = True
    assert not readiness.report().ready
    running.cancel()


async def test_a_relay_that_was_stopped_runs_no_longer() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery()) == ["done"]
        assert setup.relay.is_running is True
    assert setup.relay.is_running is False


def test_a_gateway_without_a_relay_is_ready() -> None:
    assert Readiness(bus=MemoryBusState(MemoryBus())).report() == ReadinessReport(bus=True, relay=True)
