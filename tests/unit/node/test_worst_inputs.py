"""The worst of what a stranger may send a node, at full size, while its event loop is watched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from node.domain.rules import CheckMode
from node.infrastructure.languages import load_languages
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import Comparison, ComparisonMode, SourceFile, TaskMessage
from tests.builders import a_case, a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes

LANGUAGES = {one.id: one for one in load_languages(Path(__file__).parents[3] / "sandbox" / "languages")}
SOURCE_BYTES = 256 << 10
OUTPUT_BYTES = 1 << 20
MOST_LAG_S = 0.05
TRIES = 20
"""Other processes only ever make a loop slower: the best of some runs is its own."""


class LoopWatch:
    """The longest time for which the event loop came to nothing else."""

    def __init__(self) -> None:
        self.lag_s = 0.0

    async def __aenter__(self) -> LoopWatch:
        self._watching = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0.001)  # the step that is under way is counted too
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self.lag_s = max(self.lag_s, time.perf_counter() - before - 0.001)


async def least_lag(fakes: Callable[[], RunnerOnFakes], task: TaskMessage) -> tuple[float, Execution]:
    """The lag in seconds, and 0 where this machine, busy with other things, gives a loop beside a thread of ours that
    just counts no less of it."""
    lags: list[float] = []
    for _ in range(TRIES):
        async with LoopWatch() as watch:
            execution = await fakes().handle(FakeDelivery(task))
        async with LoopWatch() as beside:
            await asyncio.to_thread(_count)
        lags.append(watch.lag_s if watch.lag_s > 2 * beside.lag_s else 0.0)
        if min(lags) <= MOST_LAG_S:
            break
    return min(lags), execution


def _count() -> None:
    for _ in range(3_000_000):
        pass


def filled(piece: str) -> str:
    return (piece * (SOURCE_BYTES // len(piece) + 1))[:SOURCE_BYTES]


SOURCES = {
    "blank lines": filled("\n"),
    "blanks": "import" + filled(" ")[6:],
    "blanks in many lines": filled("import  \n"),
    "words": "public " + filled("final ")[7:],
    "halves of a call": filled("os . system "),
    "brackets": filled("Runtime.getRuntime("),
    "letters of two bytes": filled("é")[: SOURCE_BYTES // 2],
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_a_source_of_any_kind_holds_no_loop(language: str, source: str) -> None:
    def fakes() -> RunnerOnFakes:
        return RunnerOnFakes(ScriptedPool(languages=(LANGUAGES[language],)), CheckMode.REJECT)

    task = a_task(language=LANGUAGES[language].name, files=[SourceFile("", SOURCES[source])])
    lag_s, _ = await least_lag(fakes, task)
    assert lag_s <= MOST_LAG_S


OUTPUTS = {
    "numbers": "1.5 ",
    "one-letter words": "a ",
    "blank lines": "\n",
    "blanks": " ",
    "lines": "x \n",
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("mode", ComparisonMode)
async def test_the_comparison_of_any_output_holds_no_loop(mode: ComparisonMode, output: str) -> None:
    piece = OUTPUTS[output]
    said = (piece * OUTPUT_BYTES)[: OUTPUT_BYTES - 1]
    case = a_case(expected=said.replace("1.5", "1.50") + "x")
    task = a_task(cases=[msgspec.structs.replace(case, comparison=Comparison.of(mode, 0.0))])

    def fakes() -> RunnerOnFakes:
        return RunnerOnFakes(ScriptedPool(an_outcome(stdout=said.encode())))

    lag_s, execution = await least_lag(fakes, task)
    assert lag_s <= MOST_LAG_S
    assert execution.status is Status.FAILED  # it was read to its end, where the difference is
