"""Deliveries: at least once, each attempt counted once, and given up after so many."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from broker_gateway.application.ports import DeliveryError
from broker_gateway.domain.callback_attempts import AttemptPolicy, growth
from tests.builders import SUBMITTED_AT_MS, an_execution
from tests.fakes.callbacks import MemoryAttemptLedger, refused
from tests.unit.gateway.relay_on_fakes import SETTINGS, delivery, running_relay

FINISHED_MS = an_execution("t1").finished_at_ms or SUBMITTED_AT_MS


def resting(rest_s: float) -> DeliveryError:
    return refused("it rests", was_made=False, retry_after_s=rest_s)


RESTS = resting(8.0)


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


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        ([], "callback_delivered"),
        ([refused()], "callback_failed"),
        ([refused(permanent=True)], "callback_given_up"),
        ([RuntimeError("a fault of ours")], "callback_failed"),
    ],
)
async def test_the_log_tells_where_a_callback_went_and_not_what_of_its_url_may_be_a_secret(
    answer: list[Exception], event: str
) -> None:
    url = "https://hush:hush@blog.example:8443/hush?token=hush"
    async with running_relay() as setup:
        setup.transport.answers[url] = answer
        with capture_logs() as said:
            await setup.settled(delivery(url=url))
            await setup.until(lambda: any(one["event"] == event for one in said))
    assert [one["url"] for one in said if one["event"] == event] == ["https://blog.example:8443"]
    assert "hush" not in str(said)


@pytest.mark.parametrize(("failed", "delay_s"), [(0, 5.0), (1, 11.5), (3, 61.6), (10, 21_600.0)])
async def test_a_failed_delivery_is_tried_again_after_a_growing_time(failed: int, delay_s: float) -> None:
    async with running_relay() as setup:
        setup.has_failed("t1", failed)
        setup.transport.answers["http://h/"] = [refused()]
        again = delivery(attempt=2)
        assert await setup.settled(again) == ["retry"]
        assert again.delay_s == pytest.approx(delay_s, rel=0.01)


async def test_twelve_tries_take_hours_and_end_before_a_result_is_given_up_for_its_age() -> None:
    waited_s = 0.0
    async with running_relay() as setup:
        for failed in range(11):
            setup.has_failed("t1", failed)
            setup.transport.answers["http://h/"] = [refused()]
            again = delivery(attempt=failed + 2)
            assert await setup.settled(again) == ["retry"]
            waited_s += again.delay_s
            setup.now_ms += int(again.delay_s * 1000)
    assert 10 * 3600 < waited_s < 11 * 3600
    assert waited_s * 1000 < SETTINGS.attempts.give_up_ms


async def test_up_to_a_half_of_each_pause_is_left_out_at_random() -> None:
    async with running_relay() as setup:
        setup.relay._jitter = lambda: 0.0
        setup.transport.answers["http://h/"] = [refused()]
        first = delivery()
        await setup.settled(first)
        assert first.delay_s == 2.5


@pytest.mark.parametrize(("attempts", "factor"), [(1, 1.0), (2, 1.0), (3, 16.0), (4, 4.0), (6, 2.0)])
def test_pauses_grow_from_the_first_to_the_longest_before_the_last_attempt(attempts: int, factor: float) -> None:
    assert growth(1.0, 16.0, attempts) == pytest.approx(factor)
    assert growth(16.0, 1.0, attempts) == 1.0


async def test_a_result_that_is_too_old_is_given_up_though_it_has_attempts_left() -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("503 from h")]
        setup.now_ms = FINISHED_MS + SETTINGS.attempts.give_up_ms
        late = delivery()
        assert await setup.settled(late) == ["buried"]
        assert late.detail.startswith("1 attempts, the last: 503 from h")


async def test_no_pause_lasts_longer_than_a_result_is_kept_for_its_endpoint() -> None:
    async with running_relay() as setup:
        setup.now_ms = FINISHED_MS + SETTINGS.attempts.give_up_ms - 60_000
        for answer in (refused("429", retry_after_s=3_600), resting(3_600)):
            setup.transport.answers["http://h/"] = [answer]
            late = delivery()
            assert await setup.settled(late) == ["retry"]
            assert late.delay_s <= 60 * 1.25


async def test_a_result_that_has_waited_long_for_an_endpoint_that_rests_asks_again_less_often() -> None:
    async with running_relay() as setup:
        delays_s = []
        for waited_s in (0, 60, 3_600, 8 * 3_600):
            setup.now_ms = FINISHED_MS + waited_s * 1000
            setup.transport.answers["http://h/"] = [resting(8.0)]
            waiting = delivery()
            await setup.settled(waiting)
            delays_s.append(waiting.delay_s)
    assert delays_s == [10.0, 10.0, 450 * 1.25, 3_600 * 1.25]


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
        assert often.delay_s == 5.0


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
        assert setup.ledger.records == {}
        assert await setup.settled(delivery(attempt=4)) == ["done"]


async def test_a_result_does_not_wait_for_ever_for_an_endpoint_that_rests() -> None:
    async with running_relay() as setup:
        setup.has_failed("t1", 2)
        setup.transport.answers["http://h/"] = [RESTS, RESTS]
        setup.now_ms = FINISHED_MS + SETTINGS.attempts.give_up_ms - 1
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


@pytest.mark.parametrize(("asked_s", "delay_s"), [(0.2, 5.0), (30.0, 30.0), (1e9, 6 * 3600.0)])
async def test_an_endpoint_may_ask_for_a_longer_pause_within_bounds(asked_s: float, delay_s: float) -> None:
    async with running_relay() as setup:
        setup.transport.answers["http://h/"] = [refused("429", retry_after_s=asked_s)]
        failed = delivery()
        assert await setup.settled(failed) == ["retry"]
        assert failed.delay_s == delay_s
