"""The relay outlives whatever fails, holds no more than it may, and keeps alive what it holds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from broker_gateway.application import callback_relay
from chassis.backoff import Backoff
from chassis.errors import BusUnavailableError
from tests.unit.gateway.relay_on_fakes import SETTINGS, RelayOnFakes, delivery, running_relay


async def test_no_more_is_taken_than_may_be_held() -> None:
    async with running_relay(replace(SETTINGS, held=3)) as setup:
        gate = setup.transport.gates["http://h/"] = asyncio.Event()
        many = [delivery(f"t{number}", client=f"c{number}") for number in range(10)]
        setup.source.put(*many)
        await setup.until(lambda: setup.transport.in_flight == 3)
        assert setup.source.max_asked == [3]
        gate.set()
        assert await setup.outcomes(*many) == ["done"] * 10
        assert max(setup.source.max_asked) <= 3


async def test_what_is_held_is_kept_alive_until_it_is_settled() -> None:
    async with running_relay(replace(SETTINGS, keep_alive_s=0.002)) as setup:
        gate = setup.transport.gates["http://h/"] = asyncio.Event()
        held = delivery()
        setup.source.put(held)
        await setup.until(lambda: held.kept_alive >= 2)
        gate.set()
        await held.settled.wait()
        kept_alive, another = held.kept_alive, delivery("t2")
        setup.transport.gates["http://h/"] = asyncio.Event()
        setup.source.put(another)
        await setup.until(lambda: another.kept_alive >= 5)
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
            await setup.until(lambda: other.kept_alive >= 3)
        assert setup.relay.is_running
    logged = [one for one in said if one["event"] == "relay_keep_alive_failed"]
    assert (logged[0]["count"], logged[0]["error"]) == (2, "BusUnavailableError('down')")


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
        await setup.until(lambda: not setup.source.failures)
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
    setup = RelayOnFakes(SETTINGS)
    assert setup.relay.is_running is False
    setup.source.failures = [BusUnavailableError("down")]
    running = asyncio.create_task(setup.relay.run())
    await setup.until(lambda: not setup.source.failures)
    await asyncio.sleep(0)
    assert setup.relay.is_running is False
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert setup.relay.is_running is True
    running.cancel()


async def test_a_relay_that_was_stopped_runs_no_longer() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery()) == ["done"]
        assert setup.relay.is_running is True
    assert setup.relay.is_running is False
