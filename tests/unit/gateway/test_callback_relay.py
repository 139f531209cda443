"""Deliveries: at least once, each attempt counted once, and given up after so many."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from broker_gateway.domain.callback_attempts import MAX_RETRY_AFTER_S, AttemptPolicy
from tests.builders import SUBMITTED_AT_MS, an_execution
from tests.fakes.callbacks import MemoryAttemptLedger, refused
from tests.unit.gateway.relay_on_fakes import SETTINGS, delivery, running_relay

RESTS = refused("it rests", was_made=False, retry_after_s=8.0)


async def test_a_result_without_a_callback_is_done_at_once() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery(url=None)) == ["done"]
        assert setup.transport.delivered == []


async def test_a_callback_gets_the_execution_with_the_tasks_id_for_a_key() -> None:
    async with running_relay() as setup:
        assert await setup.settled(delivery("t7", "https://blog.example/done")) == ["done"]
        assert setup.transport.delivered == [("https://blog.example/done", an_execution("t7"), "t7")]


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


async def test_a_failed_delivery_is_logged_with_its_pause_in_milliseconds() -> None:
    async with running_relay(replace(SETTINGS, base_s=1.23456)) as setup:
        setup.transport.answers["http://h/"] = [refused("503 from h")]
        with capture_logs() as said:
            await setup.settled(delivery())
    (line,) = [one for one in said if one["event"] == "callback_failed"]
    assert (line["task_id"], line["attempt"], line["error"], line["retry_in_s"]) == ("t1", 1, "503 from h", 1.235)


@pytest.mark.parametrize(("failed", "delay_s"), [(0, 1.0), (1, 2.0), (3, 8.0), (10, 60.0)])
async def test_a_failed_delivery_is_tried_again_after_a_growing_time(failed: int, delay_s: float) -> None:
    async with running_relay() as setup:
        setup.has_failed("t1", failed)
        setup.transport.answers["http://h/"] = [refused()]
        again = delivery(attempt=2)
        assert await setup.settled(again) == ["retry"]
        assert again.delay_s == delay_s


async def test_a_delivery_that_has_used_up_its_attempts_is_buried() -> None:
    async with running_relay() as setup:
        setup.has_failed("t1", 11)
        setup.transport.answers["http://h/"] = [refused("503 from h")]
        failed = delivery(attempt=12)
        assert await setup.settled(failed) == ["buried"]
        assert failed.reason == "undelivered"
        assert "12 attempts" in failed.detail
        assert "503 from h" in failed.detail


async def test_attempts_are_counted_by_what_was_tried_and_not_by_deliveries() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused()]
        often = delivery(attempt=500)
        assert await setup.settled(often) == ["retry"]
        assert often.delay_s == 1.0


async def test_attempts_of_another_relay_and_of_an_earlier_life_count() -> None:
    ledger = MemoryAttemptLedger()
    settings = replace(SETTINGS, attempts=AttemptPolicy(max_attempts=3))
    outcomes = []
    for times in (1, 2, 3):
        async with running_relay(settings, ledger) as setup:
            setup.transport.answers["http://h/"] = [refused()]
            outcomes += await setup.settled(delivery(attempt=times))
    assert outcomes == ["retry", "retry", "buried"]


async def test_an_endpoint_that_rests_costs_no_attempt_and_the_result_waits_for_it() -> None:
    async with running_relay(replace(SETTINGS, attempts=AttemptPolicy(max_attempts=1))) as setup:
        setup.transport.answers["http://h/"] = [RESTS, RESTS, RESTS]
        for times in (1, 2, 3):
            waiting = delivery(attempt=times)
            assert await setup.settled(waiting) == ["retry"]
            assert waiting.delay_s == 10.0
        assert setup.ledger.words == {}
        assert await setup.settled(delivery(attempt=4)) == ["done"]


async def test_a_result_does_not_wait_for_ever_for_an_endpoint_that_rests() -> None:
    async with running_relay() as setup:
        setup.has_failed("t1", 2)
        setup.transport.answers["http://h/"] = [RESTS, RESTS]
        finished_ms = an_execution("t1").finished_at_ms or SUBMITTED_AT_MS
        setup.now_ms = finished_ms + SETTINGS.attempts.give_up_ms - 1
        assert await setup.settled(delivery(attempt=2)) == ["retry"]
        setup.now_ms += 1
        late = delivery(attempt=3)
        assert await setup.settled(late) == ["buried"]
        assert late.detail.startswith("2 attempts, and then no more in time")


async def test_the_first_attempt_has_little_time_and_later_ones_more() -> None:
    async with running_relay() as setup:
        for failed in (0, 1, 2, 11):
            setup.has_failed("t1", failed)
            await setup.settled(delivery(attempt=failed + 1))
        assert setup.transport.timeouts_s == [3.0, 6.0, 10.0, 10.0]


async def test_an_endpoint_that_never_answers_has_failed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker_gateway.application.callback_delivery._SETTLE_S", 0)
    async with running_relay(replace(SETTINGS, attempts=AttemptPolicy(first_timeout_s=0.01))) as setup:
        setup.transport.gates["http://h/"] = asyncio.Event()
        assert await setup.settled(delivery()) == ["retry"]


@pytest.mark.parametrize(("asked_s", "delay_s"), [(0.2, 1.0), (30.0, 30.0), (1e9, MAX_RETRY_AFTER_S)])
async def test_an_endpoint_may_ask_for_a_longer_pause_within_bounds(asked_s: float, delay_s: float) -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("429", retry_after_s=asked_s)]
        failed = delivery()
        assert await setup.settled(failed) == ["retry"]
        assert failed.delay_s == delay_s
