"""Endpoints that fail again and again are left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from broker_gateway.application.ports import CallbackTransport, DeliveryError
from broker_gateway.infrastructure.callbacks import breaker
from broker_gateway.infrastructure.callbacks.breaker import Breakers, BreakingCallbackTransport, with_breakers
from tests.builders import an_execution, some_progress
from tests.fakes.callbacks import MemoryTransport, refused

URL = "http://h:1/done"


async def failed(transport: CallbackTransport, url: str = URL, client: str = "") -> str:
    with pytest.raises(DeliveryError) as caught:
        await transport.deliver(url, an_execution("t1"), "t1", client=client)
    return str(caught.value)


async def resting(inner: MemoryTransport, breakers: Breakers) -> BreakingCallbackTransport:
    """Its endpoint has just failed for the second time in a row."""
    transport = BreakingCallbackTransport(inner, breakers)
    inner.answers[URL] = [refused("503"), refused("503")]
    assert [await failed(transport) for _ in range(2)] == ["503", "503"]
    return transport


async def test_after_failures_in_a_row_no_call_is_made_and_the_failure_is_none_for_good() -> None:
    inner = MemoryTransport()
    transport = await resting(inner, Breakers(2, 60))
    for _ in range(3):
        with pytest.raises(DeliveryError, match="it rests for 60 s") as caught:
            await transport.deliver(URL, an_execution("t1"), "t1")
        assert not caught.value.permanent
        assert not caught.value.was_made
        assert 55 < (caught.value.retry_after_s or 0) <= 60
    assert inner.delivered == []


async def test_other_endpoints_are_called_all_the_same_also_on_another_port() -> None:
    inner = MemoryTransport()
    transport = await resting(inner, Breakers(2, 60))
    await transport.deliver("http://h:2/done", an_execution("t1"), "t1")
    assert len(inner.delivered) == 1


async def test_no_client_can_turn_an_endpoint_off_for_another() -> None:
    inner = MemoryTransport()
    transport = await resting(inner, Breakers(2, 60))
    await transport.deliver(URL, an_execution("t1"), "t1", client="other")
    assert len(inner.delivered) == 1
    assert "rests" in await failed(transport)


async def test_the_same_endpoint_in_other_letters_rests_too() -> None:
    transport = await resting(MemoryTransport(), Breakers(2, 60))
    assert "rests" in await failed(transport, "http://H:1/other")


@pytest.fixture
def after_a_minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Moves the clock that rests are measured by."""
    later = time.time() + 61
    return lambda: monkeypatch.setattr(time, "time", lambda: later)


async def test_after_its_rest_one_success_brings_it_back(after_a_minute: Callable[[], None]) -> None:
    inner = MemoryTransport()
    transport = await resting(inner, Breakers(2, 60))
    after_a_minute()
    await transport.deliver(URL, an_execution("t1"), "t1")
    inner.answers[URL] = [refused("503")]
    assert await failed(transport) == "503"
    await transport.deliver(URL, an_execution("t1"), "t1")
    assert len(inner.delivered) == 2


async def test_after_its_rest_one_failure_sends_it_back(after_a_minute: Callable[[], None]) -> None:
    inner = MemoryTransport()
    transport = await resting(inner, Breakers(2, 60))
    after_a_minute()
    inner.answers[URL] = [refused("503")]
    assert await failed(transport) == "503"
    assert "rests" in await failed(transport)


async def test_only_failures_in_a_row_count() -> None:
    inner = MemoryTransport()
    transport = BreakingCallbackTransport(inner, Breakers(2, 60))
    for _ in range(3):
        inner.answers[URL] = [refused("503")]
        assert await failed(transport) == "503"
        await transport.deliver(URL, an_execution("t1"), "t1")


async def test_an_endpoint_that_refuses_for_good_is_alive() -> None:
    inner = MemoryTransport()
    transport = BreakingCallbackTransport(inner, Breakers(2, 60))
    inner.answers[URL] = [refused("410", permanent=True) for _ in range(5)]
    assert [await failed(transport) for _ in range(5)] == ["410"] * 5


async def test_progress_is_told_to_no_endpoint_that_rests_and_turns_none_off() -> None:
    inner, breakers = MemoryTransport(), Breakers(2, 60)
    transport = BreakingCallbackTransport(inner, breakers)
    progress = some_progress().progress
    inner.answers[URL] = [refused("503") for _ in range(7)]
    for _ in range(5):
        with pytest.raises(DeliveryError, match="503"):
            await transport.deliver(URL, progress, "t1.0")
    assert len(breakers) == 0
    assert [await failed(transport) for _ in range(2)] == ["503"] * 2
    with pytest.raises(DeliveryError, match="rests") as refusal:
        await transport.deliver(URL, progress, "t1.0")
    assert not refusal.value.was_made
    assert inner.delivered == []


async def test_endpoints_that_work_are_not_kept_and_of_those_that_do_not_only_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breaker, "MAX_ENDPOINTS", 3)
    inner, breakers = MemoryTransport(), Breakers(2, 60)
    transport = BreakingCallbackTransport(inner, breakers)
    for number in range(10):
        url = f"http://h{number}/"
        await transport.deliver(url, an_execution("t1"), "t1")
        assert len(breakers) == min(number, 3)
        inner.answers[url] = [refused("503")]
        await failed(transport, url)


async def test_the_schemes_of_one_endpoint_share_its_breaker_and_0_turns_it_off() -> None:
    inner = MemoryTransport()
    shared = with_breakers({"http": inner, "https": inner}, 1, 60)
    inner.answers[URL] = [refused("503")]
    await failed(shared["http"])
    assert "rests" in await failed(shared["https"])
    assert with_breakers({"http": inner}, 0, 60) == {"http": inner}
