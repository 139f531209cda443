"""How long is waited before another try."""

from __future__ import annotations

import pytest

from chassis.backoff import Backoff, Failures


@pytest.mark.parametrize(("failures", "whole_s"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10_000, 60)])
def test_the_delay_doubles_up_to_its_maximum(failures: int, whole_s: float) -> None:
    backoff = Backoff(base_s=1, max_s=60)
    assert backoff.delay_s(failures, jitter=0) == whole_s / 2
    assert backoff.delay_s(failures, jitter=0.5) == pytest.approx(whole_s * 0.75)


def test_the_jitter_is_drawn_anew_each_time() -> None:
    backoff = Backoff(base_s=1, max_s=60)
    drawn = {backoff.delay_s(3) for _ in range(50)}
    assert len(drawn) > 1
    assert all(2 <= delay <= 4 for delay in drawn)


async def test_with_several_servers_the_delay_doubles_with_each_round_of_all() -> None:
    failures = Failures(Backoff(base_s=1, max_s=60), per_round=3)
    delays = [failures.next_s() for _ in range(6)]
    assert all(0.5 <= delay <= 1 for delay in delays[:3])
    assert all(1 <= delay <= 2 for delay in delays[3:])


async def test_a_call_is_tried_until_it_succeeds() -> None:
    backoff, tries = Backoff(base_s=0.001, max_s=0.002), 0
    async for attempt in backoff.retrying(on=OSError):
        with attempt:
            tries += 1
            if tries < 3:
                raise OSError("not yet")
    assert tries == 3


async def test_the_last_error_is_raised_where_the_tries_are_used_up() -> None:
    tries = 0

    async def hopeless() -> None:
        nonlocal tries
        async for attempt in Backoff(base_s=0.001, max_s=0.002).retrying(on=OSError, tries=4):
            with attempt:
                tries += 1
                raise OSError("never")

    with pytest.raises(OSError, match="never"):
        await hopeless()
    assert tries == 4
