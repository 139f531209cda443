"""What the runner relies on of the ports ``SandboxPool`` and ``Sandbox``, simulated, faked and on Docker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from node.application.ports import Sandbox
from node.domain.sandbox import Ending, Launch, Outcome, Role, SandboxLostError
from tests.contracts.node.sandboxes import (
    CONCURRENCY,
    LIMITS,
    PATIENCE_S,
    Scripted,
    Simulated,
    Subject,
    image_prefix,
    on_docker,
)


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    with image_prefix() as prefix:
        yield prefix


@pytest_asyncio.fixture(params=["simulated", "scripted", pytest.param("docker", marks=pytest.mark.docker)])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "simulated":
        yield Simulated()
    elif request.param == "scripted":
        yield Scripted()
    else:
        async with on_docker(request.getfixturevalue("prefix")) as subject:
            yield subject


class Watched:
    """A launch that is under way, and what it printed so far."""

    def __init__(self, sandbox: Sandbox, launch: Launch) -> None:
        self.seen = {"stdout": b"", "stderr": b""}
        self._printed = asyncio.Event()
        self.ended = asyncio.create_task(sandbox.run(launch, self._on_output))

    async def printed(self, text: bytes) -> None:
        """Returns once the program has printed that."""
        async with asyncio.timeout(PATIENCE_S):
            while self.seen["stdout"] != text:
                self._printed.clear()
                await self._printed.wait()

    def _on_output(self, stream: str, data: bytes) -> None:
        self.seen[stream] += data
        self._printed.set()


async def run(sandbox: Sandbox, launch: Launch) -> Outcome:
    return await sandbox.run(launch, lambda stream, data: None)


async def test_the_languages_that_are_served_have_versions(subject: Subject) -> None:
    served = subject.pool.languages()
    assert subject.language.name in [language.name for language, _ in served]
    assert all(version for _, version in served)
    assert subject.pool.languages() is served


async def test_what_a_program_prints_is_told_as_it_comes_and_is_in_its_outcome(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        watched = Watched(sandbox, subject.printing("hello"))
        outcome = await watched.ended
    assert (outcome.ending, outcome.exit_code, outcome.signal) == (Ending.EXITED, 0, None)
    assert (outcome.stdout, outcome.stderr) == (b"hello", b"")
    assert watched.seen == {"stdout": b"hello", "stderr": b""}


async def test_an_exit_code_is_an_outcome_and_no_error(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        outcome = await run(sandbox, subject.printing("no", exit_code=3))
    assert (outcome.ending, outcome.exit_code, outcome.stdout) == (Ending.EXITED, 3, b"no")


async def test_launches_follow_each_other_in_one_slot(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        said = [(await run(sandbox, subject.printing(text))).stdout for text in ("one", "two", "three")]
    assert said == [b"one", b"two", b"three"]


async def test_a_kill_ends_a_program_with_what_it_had_printed(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        watched = Watched(sandbox, subject.endless("so far"))
        await watched.printed(b"so far")
        await sandbox.kill()
        outcome = await watched.ended
    assert (outcome.ending, outcome.exit_code, outcome.stdout) == (Ending.CANCELLED, None, b"so far")


async def test_a_kill_while_nothing_runs_does_not_touch_the_next_launch(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        await sandbox.kill()
        watched = Watched(sandbox, subject.endless("up"))
        await watched.printed(b"up")
        assert not watched.ended.done()
        await sandbox.kill()
        assert (await watched.ended).ending is Ending.CANCELLED
        await sandbox.kill()
        assert (await run(sandbox, subject.printing("well"))).stdout == b"well"


async def test_a_kill_does_not_touch_the_program_in_another_slot(subject: Subject) -> None:
    pool, language = subject.pool, subject.language
    async with pool.slot(language, Role.RUN, LIMITS) as first, pool.slot(language, Role.RUN, LIMITS) as second:
        watched = [Watched(sandbox, subject.endless("up")) for sandbox in (first, second)]
        for one in watched:
            await one.printed(b"up")
        await first.kill()
        assert (await watched[0].ended).ending is Ending.CANCELLED
        assert not watched[1].ended.done()
        await second.kill()
        assert (await watched[1].ended).ending is Ending.CANCELLED


async def test_a_run_that_is_cancelled_leaves_the_slot_to_the_next_launch(subject: Subject) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        watched = Watched(sandbox, subject.endless("up"))
        await watched.printed(b"up")
        watched.ended.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watched.ended
        assert (await run(sandbox, subject.printing("well"))).stdout == b"well"


async def test_a_slot_that_dies_under_its_program_is_our_failure_and_the_next_task_gets_another(
    subject: Subject,
) -> None:
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        with pytest.raises(SandboxLostError):
            await subject.run_and_lose(sandbox)
    async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        assert (await run(sandbox, subject.printing("well"))).stdout == b"well"


async def test_a_holder_that_fails_gives_its_slot_back(subject: Subject) -> None:
    async def fail() -> None:
        async with subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
            await run(sandbox, subject.printing("well"))
            raise ZeroDivisionError

    for _ in range(CONCURRENCY + 1):
        with pytest.raises(ZeroDivisionError):
            await fail()
    async with asyncio.timeout(PATIENCE_S), subject.pool.slot(subject.language, Role.RUN, LIMITS) as sandbox:
        assert (await run(sandbox, subject.printing("well"))).stdout == b"well"
