"""What is told before the end: in order, in bounds, and nothing that is no news any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from broker_gateway.application import progress_relay
from broker_gateway.application.callback_ports import ProgressOutcome
from broker_gateway.application.progress_relay import ProgressRelay
from broker_gateway.application.settings import ProgressSettings
from chassis.errors import BusUnavailableError
from schemas.progress import Progress, ProgressMessage
from tests.builders import some_progress
from tests.fakes.callbacks import MemoryTransport, refused
from tests.fakes.progress import MemoryEnds, MemoryProgressSource
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S

URL = "http://h/"
QUICK = replace(ProgressSettings(), burst=1_000, client_burst=1_000, retry_s=0.0)


class RelayOnFakes:
    def __init__(self, settings: ProgressSettings) -> None:
        self.source, self.ends, self.transport = MemoryProgressSource(), MemoryEnds(), MemoryTransport()
        self.outcomes: Counter[ProgressOutcome] = Counter()
        self.relay = ProgressRelay(
            source=self.source,
            transports={"http": self.transport},
            ends=self.ends,
            settings=settings,
            count=lambda outcome: self.outcomes.update([outcome]),
        )

    async def settled(self, *messages: ProgressMessage) -> None:
        """Returns once none of them comes again."""
        deliveries = self.source.put(*messages)
        async with asyncio.timeout(PATIENCE_S):
            for delivery in deliveries:
                await delivery.settled.wait()

    @property
    def sequences(self) -> list[int]:
        return [told.sequence for _, told, _ in self.transport.delivered if isinstance(told, Progress)]


@asynccontextmanager
async def running(settings: ProgressSettings = QUICK) -> AsyncIterator[RelayOnFakes]:
    setup = RelayOnFakes(settings)
    task = asyncio.create_task(setup.relay.run())
    try:
        yield setup
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def all_of_it(task_id: str = "t1", url: str = URL, cases: int = 3, client: str = "blog") -> list[ProgressMessage]:
    return [some_progress(task_id, url, case=case, client=client) for case in (None, *range(cases))]


async def test_one_endpoint_is_told_in_order_and_each_time_with_a_key_of_its_own() -> None:
    async with running() as setup:
        setup.transport.gates[URL] = asyncio.Event()
        first, *others = setup.source.put(*all_of_it())
        await setup.settled(some_progress("t2", "http://other/"))
        setup.transport.gates[URL].set()
        async with asyncio.timeout(PATIENCE_S):
            for delivery in (first, *others):
                await delivery.settled.wait()
        setup.transport.delivered.pop(0)
        assert setup.sequences == [0, 1, 2, 3]
        assert [key for _, _, key in setup.transport.delivered] == ["t1.0", "t1.1", "t1.2", "t1.3"]
        assert setup.transport.max_in_flight == 2  # this one's, and the other's
        assert setup.outcomes == {ProgressOutcome.DELIVERED: 5}


async def test_once_a_task_has_ended_nothing_more_is_told_of_it() -> None:
    async with running() as setup:
        setup.ends.ended = {"t1"}
        await setup.settled(*all_of_it(), some_progress("t2"))
        assert [key for _, _, key in setup.transport.delivered] == ["t2.0"]
        assert setup.outcomes == {ProgressOutcome.DROPPED: 4, ProgressOutcome.DELIVERED: 1}


async def test_a_task_that_ends_between_two_tries_is_not_tried_again() -> None:
    async with running(replace(QUICK, retry_s=0.01)) as setup:
        setup.transport.answers[URL] = [refused() for _ in range(9)]
        setup.transport.gates[URL] = asyncio.Event()
        (delivery,) = setup.source.put(some_progress())
        async with asyncio.timeout(PATIENCE_S):
            while not setup.transport.in_flight:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0)
            setup.ends.ended = {"t1"}
            setup.transport.gates[URL].set()
            await delivery.settled.wait()
        assert len(setup.transport.timeouts_s) == 1
        assert setup.outcomes == {ProgressOutcome.DROPPED: 1}


async def test_what_fails_is_tried_again_and_then_told_in_order() -> None:
    async with running() as setup:
        setup.transport.answers[URL] = [refused(), refused()]
        await setup.settled(*all_of_it(cases=1))
        assert setup.sequences == [0, 1]


async def test_after_three_tries_it_is_dropped_and_the_endpoint_is_left_alone() -> None:
    async with running() as setup:
        setup.transport.answers[URL] = [refused() for _ in range(9)]
        await setup.settled(*all_of_it(cases=20), *all_of_it("t2"))
        assert len(setup.transport.timeouts_s) == 3
        assert setup.outcomes == {ProgressOutcome.FAILED: 1, ProgressOutcome.DROPPED: 24}


async def test_an_endpoint_that_refuses_progress_is_called_once_for_a_task_of_a_hundred_cases() -> None:
    async with running() as setup:
        setup.transport.answers[URL] = [refused("404", permanent=True)]
        await setup.settled(*all_of_it(cases=100))
        assert len(setup.transport.timeouts_s) == 1
        await setup.settled(some_progress("t2"))
        assert setup.sequences == [0]


async def test_the_log_tells_nothing_of_a_url_that_may_be_a_secret() -> None:
    url = "http://h/hush?token=hush"
    async with running() as setup:
        setup.transport.answers[url] = [refused("404", permanent=True)]
        with capture_logs() as said:
            await setup.settled(some_progress(url=url))
    assert [(one["event"], one["url"]) for one in said] == [("progress_given_up", "http://h")]


async def test_an_endpoint_that_rests_for_its_results_is_not_called() -> None:
    async with running() as setup:
        setup.transport.answers[URL] = [refused("it rests", was_made=False)]
        await setup.settled(some_progress())
        assert setup.outcomes == {ProgressOutcome.DROPPED: 1}
        await setup.settled(some_progress(case=1))
        assert setup.sequences == [2]


async def test_of_a_flood_for_one_endpoint_most_is_dropped() -> None:
    async with running(replace(QUICK, held_per_endpoint=5)) as setup:
        setup.transport.gates[URL] = asyncio.Event()
        deliveries = setup.source.put(*all_of_it(cases=100))
        async with asyncio.timeout(PATIENCE_S):
            for dropped in deliveries[5:]:
                await dropped.settled.wait()
            setup.transport.gates[URL].set()
            for told in deliveries[:5]:
                await told.settled.wait()
        assert setup.sequences == [0, 1, 2, 3, 4]
        assert setup.outcomes == {ProgressOutcome.DELIVERED: 5, ProgressOutcome.DROPPED: 96}


async def test_a_stranger_is_called_at_its_pace() -> None:
    """A hundred cases are no hundred calls: here the pace is one in an hour."""
    async with running(replace(QUICK, burst=4, per_s=1 / 3600)) as setup:
        setup.source.put(*all_of_it(cases=100))
        await setup.settled(some_progress("t9", "http://other/"))
        async with asyncio.timeout(PATIENCE_S):
            while len(setup.sequences) < 5:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0)
        await setup.settled(some_progress("t9", "http://third/"))
        assert setup.sequences.count(0) == 3
        assert len(setup.transport.delivered) == 4 + 2


async def test_of_a_client_that_floods_the_bus_is_asked_about_some_and_another_is_told() -> None:
    async with running(replace(QUICK, client_burst=3, client_per_s=1 / 3600)) as setup:
        messages = [some_progress(f"t{number}", f"http://h{number}/", client="mean") for number in range(50)]
        await setup.settled(*messages, some_progress("t99", client="good"))
        assert [key for _, _, key in setup.transport.delivered] == ["t0.0", "t1.0", "t2.0", "t99.0"]
        assert setup.ends.asked == ["t0", "t1", "t2", "t99"]


async def test_what_is_remembered_of_endpoints_and_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_relay, "MAX_REMEMBERED", 5)
    async with running() as setup:
        for number in range(20):
            url = f"http://h{number}/"
            setup.transport.answers[url] = [refused("404", permanent=True)]
            await setup.settled(some_progress(f"t{number}", url, client=f"c{number}"))
        relay = setup.relay
        assert [len(one) for one in (relay._paces._known, relay._of_clients._known, relay._given_up)] == [5, 5, 5]


async def test_a_client_with_many_silent_endpoints_keeps_no_other_waiting() -> None:
    async with running(replace(QUICK, at_once=4, held=20)) as setup:
        silent = asyncio.Event()
        urls = [f"http://silent-{number}/" for number in range(30)]
        setup.transport.gates = dict.fromkeys(urls, silent)
        setup.source.put(*(some_progress(f"s{number}", url, client="mean") for number, url in enumerate(urls)))
        await setup.settled(some_progress("t1", client="good"))
        assert [key for _, _, key in setup.transport.delivered] == ["t1.0"]
        silent.set()


async def test_what_is_too_old_by_the_time_of_its_turn_is_dropped() -> None:
    async with running(replace(QUICK, too_old_s=-1)) as setup:
        await setup.settled(some_progress())
        assert setup.outcomes == {ProgressOutcome.DROPPED: 1}


async def test_while_the_bus_is_away_it_is_not_settled_and_a_source_that_fails_is_asked_again() -> None:
    async with running() as setup:
        setup.ends.failures = [BusUnavailableError("away")]
        setup.source.failures = [BusUnavailableError("away")]
        (lost,) = setup.source.put(some_progress("t1"))
        await setup.settled(some_progress("t2"))
        assert not lost.settled.is_set()
        assert [key for _, _, key in setup.transport.delivered] == ["t2.0"]


async def test_what_is_held_is_kept_alive() -> None:
    async with running(replace(QUICK, keep_alive_s=0.01)) as setup:
        setup.transport.gates[URL] = asyncio.Event()
        (delivery,) = setup.source.put(some_progress())
        async with asyncio.timeout(PATIENCE_S):
            while delivery.kept_alive < 2:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0)
        setup.transport.gates[URL].set()
