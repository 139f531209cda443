"""A node tells a callback what happens before the end, where its task asked for that."""

from __future__ import annotations

import pytest

from schemas.progress import PER_ATTEMPT
from schemas.status import Status, Verdict
from schemas.task import Callback, CallbackEvent
from tests.builders import a_case, a_task, an_outcome
from tests.fakes.node import FakeDelivery, FakeLedger, ScriptedPool
from tests.unit.node.runner_on_fakes import COMPILED, RunnerOnFakes

ALL = [CallbackEvent.RUNNING, CallbackEvent.CASE]
Told = list[tuple[CallbackEvent, int, int | None]]


def told(fakes: RunnerOnFakes) -> Told:
    progress = [message.progress for message in fakes.announcer.told]
    return [(one.event, one.sequence, one.case_index) for one in progress]


async def test_that_it_runs_is_told_once_and_each_case_when_it_has_its_verdict() -> None:
    fakes = RunnerOnFakes(ScriptedPool(COMPILED, an_outcome(stdout=b"x"), an_outcome(stdout=b"y")))
    cases = [a_case(expected="x"), a_case(expected="x")]
    task = a_task(language="cpp", cases=cases, callback=Callback(url="http://h/", events=ALL))
    await fakes.handle(FakeDelivery(task))
    assert told(fakes) == [(CallbackEvent.RUNNING, 0, None), (CallbackEvent.CASE, 1, 0), (CallbackEvent.CASE, 2, 1)]
    running, first, second = fakes.announcer.told
    assert {one.progress.execution.status for one in fakes.announcer.told} == {Status.RUNNING}
    assert (running.callback, running.client, running.progress.at_ms) == (task.callback, "blog", 1_500)
    assert running.progress.execution.cases == []
    verdicts = [[case.verdict for case in one.progress.execution.cases] for one in (first, second)]
    assert verdicts == [[Verdict.ACCEPTED], [Verdict.WRONG_ANSWER]]


FINISHED_ALONE = Callback(url="http://h/", events=[CallbackEvent.FINISHED])


@pytest.mark.parametrize("callback", [None, Callback(url="http://h/"), FINISHED_ALONE])
async def test_who_asked_for_nothing_is_told_nothing(callback: Callback | None) -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    await fakes.handle(FakeDelivery(a_task(cases=[a_case()], callback=callback)))
    assert fakes.announcer.told == []


async def test_a_skipped_case_has_no_verdict_to_tell() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(stdout=b"no")))
    cases = [a_case(expected="yes"), a_case(), a_case()]
    callback = Callback(url="http://h/", events=[CallbackEvent.CASE])
    await fakes.handle(FakeDelivery(a_task(cases=cases, stop_at_first_failure=True, callback=callback)))
    assert told(fakes) == [(CallbackEvent.CASE, 1, 0)]


async def test_a_second_attempt_is_told_with_higher_sequences() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), ledger=FakeLedger(1))
    callback = Callback(url="http://h/", events=ALL)
    await fakes.handle(FakeDelivery(a_task(cases=[a_case()], callback=callback), attempt=2))
    assert [sequence for _, sequence, _ in told(fakes)] == [PER_ATTEMPT, PER_ATTEMPT + 1]
