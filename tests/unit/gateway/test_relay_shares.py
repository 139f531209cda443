"""One client's endpoints make another client's callbacks wait for nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.fakes.callbacks import MemoryResultDelivery, refused
from tests.unit.gateway.relay_on_fakes import SETTINGS, RelayOnFakes, delivery, running_relay


def hanging(setup: RelayOnFakes, endpoints: int, each: int, client: str) -> list[MemoryResultDelivery]:
    """Results for endpoints that accept and never answer."""
    urls = [f"http://{client}-{number}/" for number in range(endpoints)]
    setup.transport.gates |= {url: asyncio.Event() for url in urls}
    return [delivery(f"{url[7:-1]}-{number}", url, client=client) for url in urls for number in range(each)]


async def test_twenty_endpoints_that_never_answer_make_no_other_client_wait() -> None:
    async with running_relay() as setup:
        setup.source.put(*hanging(setup, 20, 100, "mean"))
        await setup.until(lambda: setup.transport.in_flight > 0)
        good = [delivery(f"g{number}", "http://good/", client="good") for number in range(20)]
        assert await setup.settled(*good) == ["done"] * 20


async def test_without_names_of_clients_each_endpoint_is_one_of_its_own() -> None:
    async with running_relay() as setup:
        mean = hanging(setup, 20, 100, "mean")
        setup.source.put(*(delivery(one.result.execution.id, _url(one), client="") for one in mean))
        await setup.until(lambda: setup.transport.in_flight >= 20)
        good = [delivery(f"g{number}", "http://good/", client="") for number in range(20)]
        assert await setup.settled(*good) == ["done"] * 20


def _url(one: MemoryResultDelivery) -> str:
    assert one.result.callback is not None
    return one.result.callback.url


async def test_a_client_alone_has_at_most_half_of_all_turns() -> None:
    async with running_relay(replace(SETTINGS, at_once=8, per_endpoint=8)) as setup:
        setup.source.put(*hanging(setup, 20, 4, "mean"))
        await setup.until(lambda: setup.transport.in_flight == 4)
        for _ in range(50):
            await asyncio.sleep(0)
        assert setup.transport.max_in_flight == 4


async def test_what_one_client_may_not_hold_is_handed_back_and_leaves_room_for_the_others() -> None:
    async with running_relay(replace(SETTINGS, held=8, held_per_endpoint=2, postpone_s=7.0)) as setup:
        mean = hanging(setup, 20, 1, "mean")
        setup.source.put(*mean)
        await setup.until(lambda: sum(one.settled.is_set() for one in mean) == 16)
        assert {(one.outcome, one.delay_s) for one in mean if one.settled.is_set()} == {("retry", 7.0)}
        assert setup.ledger.records == {}
        assert await setup.settled(delivery("g1", "http://good/", client="good")) == ["done"]


async def test_slow_endpoints_do_not_hold_up_the_same_clients_others() -> None:
    async with running_relay(replace(SETTINGS, at_once=8, per_endpoint=2)) as setup:
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
        setup.source.put(delivery("s1", "http://slow/"), delivery("s2", "http://SLOW:80/"))
        late = delivery("s3", "http://slow/")
        assert await setup.settled(late) == ["retry"]
        assert late.delay_s == 7.0
        gate.set()


async def test_an_endpoint_that_fails_is_called_by_fewer_at_a_time_and_one_that_works_by_more() -> None:
    async with running_relay(replace(SETTINGS, per_endpoint=4)) as setup:
        setup.transport.answers["http://h/"] = [refused()]
        assert await setup.settled(delivery()) == ["retry"]
        gate = setup.transport.gates["http://h/"] = asyncio.Event()
        setup.source.put(*(delivery(f"t{number}") for number in range(10)))
        await setup.until(lambda: setup.transport.in_flight == 1)
        for _ in range(50):
            await asyncio.sleep(0)
        assert setup.transport.in_flight == 1
        gate.set()
        await setup.until(lambda: len(setup.transport.delivered) == 10)
        setup.transport.gates["http://h/"] = asyncio.Event()
        setup.source.put(*(delivery(f"u{number}") for number in range(10)))
        await setup.until(lambda: setup.transport.in_flight == 4)


async def test_three_clients_that_fill_all_the_room_give_it_up_to_a_fourth() -> None:
    async with running_relay(replace(SETTINGS, held=12, held_per_endpoint=12)) as setup:
        for name in ("a", "b", "c"):
            setup.source.put(*hanging(setup, 4, 4, name))
        await setup.until(lambda: setup.transport.in_flight > 6)
        assert await setup.settled(delivery("g1", "http://good/", client="good")) == ["done"]
