"""A service's life."""

from __future__ import annotations

import asyncio

import pytest

from chassis.process import LastingParts, live


class Recorded:
    """A service that writes down what was asked of it."""

    def __init__(self, fails_at: str = "", error: Exception | None = None, code: int = 0) -> None:
        self.asked: list[str] = []
        self._fails_at = fails_at
        self._error = error or OSError("in use")
        self._code = code

    def stop(self) -> None:
        self._note("stop")

    async def start(self) -> None:
        self._note("start")

    async def run(self) -> int:
        self._note("run")
        return self._code

    async def close(self) -> None:
        self._note("close")

    def _note(self, step: str) -> None:
        self.asked.append(step)
        if step == self._fails_at:
            raise self._error


async def test_a_life_is_start_run_close_and_its_exit_code_is_what_run_says() -> None:
    service = Recorded(code=3)
    assert await live(service, on_started=lambda: service.asked.append("tuned")) == 3
    assert service.asked == ["start", "tuned", "run", "close"]


async def test_a_service_that_cannot_start_is_closed_and_ends_with_1() -> None:
    service = Recorded(fails_at="start")
    assert await live(service) == 1
    assert service.asked == ["start", "close"]


async def test_an_unforeseen_error_is_raised_and_it_is_closed_all_the_same() -> None:
    service = Recorded(fails_at="run", error=KeyError("what"))
    with pytest.raises(KeyError):
        await live(service)
    assert service.asked == ["start", "run", "close"]


async def for_ever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise ValueError("broken")


async def ending() -> None:
    return


async def test_a_part_that_fails_ends_the_wait() -> None:
    parts = LastingParts()
    parts.add(for_ever(), "good")
    parts.add(failing(), "bad")
    assert await parts.failed(for_ever())
    await parts.close()


async def test_a_part_that_ends_though_it_should_last_has_failed() -> None:
    parts = LastingParts()
    parts.add(ending(), "short")
    assert await parts.failed(for_ever())
    await parts.close()


async def test_a_part_that_may_end_is_missed_by_nobody_unless_it_fails() -> None:
    parts = LastingParts()
    parts.add(ending(), "start", may_end=True)
    stop = asyncio.Event()
    waiting = asyncio.create_task(parts.failed(stop.wait()))
    await asyncio.sleep(0)
    stop.set()
    assert not await waiting
    parts.add(failing(), "start again", may_end=True)
    assert await parts.failed(for_ever())
    await parts.close()


async def test_what_the_wait_is_for_may_fail_too() -> None:
    parts = LastingParts()
    with pytest.raises(ValueError, match="broken"):
        await parts.failed(failing())


async def test_parts_end_one_after_the_other_even_where_a_cancellation_is_swallowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.process._CANCEL_AGAIN_S", 0.01)
    ended: list[str] = []

    async def deaf_once() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("swallowed")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("first")

    async def prompt() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("second")

    parts = LastingParts()
    parts.add(deaf_once(), "first")
    parts.add(prompt(), "second")
    await asyncio.sleep(0)
    await parts.close()
    assert ended == ["swallowed", "first", "second"]
