"""Tasks that come to a node and are not started: by rule, too late, for another node."""

from __future__ import annotations

from typing import Any

import pytest

from node.domain.retries import MAX_DELIVERIES
from node.domain.rules import CheckMode
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes


async def test_a_rule_rejects_with_its_id_and_line_and_nothing_runs() -> None:
    fakes = RunnerOnFakes(ScriptedPool(), CheckMode.REJECT)
    execution = await fakes.handle(FakeDelivery(a_task(files=[SourceFile("", "x=1\nexec('')")])))
    assert execution.status is Status.REJECTED
    assert execution.error == "main.py:2: exec is not for here [no-exec]"
    assert fakes.pool.launches == []
    assert fakes.statuses == [Status.REJECTED]


async def test_of_several_findings_the_first_is_the_reason() -> None:
    sources = [SourceFile("a.py", "exec('')"), SourceFile("b.py", "exec('')")]
    execution = await RunnerOnFakes(ScriptedPool(), CheckMode.REJECT).handle(FakeDelivery(a_task(files=sources)))
    assert execution.error == "a.py:1: exec is not for here [no-exec]"


async def test_a_rule_that_only_warns_lets_the_task_run() -> None:
    execution = await RunnerOnFakes(ScriptedPool(), CheckMode.WARN).handle(
        FakeDelivery(a_task(files=[SourceFile("", "exec('')")]))
    )
    assert execution.status is Status.SUCCEEDED
    assert execution.warnings == ["main.py:1: exec is not for here [no-exec]"]


@pytest.mark.parametrize(
    "changes",
    [{"language": "cpp", "compile_options": ["-fplugin=x"]}, {"entry_point": "nowhere.py"}],
)
async def test_an_option_or_entry_that_cannot_be_is_rejected(changes: dict[str, Any]) -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    assert (await fakes.handle(FakeDelivery(a_task(**changes)))).status is Status.REJECTED
    assert fakes.pool.launches == []


async def test_a_task_past_its_deadline_expires_unstarted() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    execution = await fakes.handle(FakeDelivery(a_task(expires_at_ms=1_400)))
    assert (execution.status, execution.error) == (Status.EXPIRED, "not started within 400 ms")
    assert fakes.pool.launches == []


async def test_a_task_that_was_begun_in_time_is_not_expired_when_it_comes_again() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    fakes.ledger.count = 1
    execution = await fakes.handle(FakeDelivery(a_task(expires_at_ms=1_400), attempt=2))
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 2)


async def test_a_task_that_expired_says_how_long_it_might_have_waited() -> None:
    task = a_task(submitted_at_ms=300, expires_at_ms=1_401)
    execution = await RunnerOnFakes(ScriptedPool()).handle(FakeDelivery(task))
    assert (execution.error, execution.queued_ms) == ("not started within 1101 ms", 1_200)


async def test_a_task_at_its_deadline_runs() -> None:
    execution = await RunnerOnFakes(ScriptedPool()).handle(FakeDelivery(a_task(expires_at_ms=1_500)))
    assert execution.status is Status.SUCCEEDED


@pytest.mark.parametrize("changes", [{"language": "cobol"}, {"language_version": "2"}, {"language_version": "3.1"}])
async def test_a_task_for_another_node_is_handed_back(changes: dict[str, Any]) -> None:
    delivery = FakeDelivery(a_task(**changes))
    await RunnerOnFakes(ScriptedPool()).runner.handle(delivery)
    assert delivery.said == ["retry_in 0.25"]


async def test_a_task_for_another_version_is_handed_back_with_the_versions_that_are_here() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    await fakes.runner.handle(FakeDelivery(a_task(language_version="2")))
    assert fakes.log.troubles == [("task_handed_back", "t1", "this node has python 3.13.5, not 2")]


async def test_a_version_may_be_a_prefix_by_parts_and_a_language_an_alias() -> None:
    execution = await RunnerOnFakes(ScriptedPool()).handle(FakeDelivery(a_task(language="py", language_version="3.13")))
    assert (execution.language, execution.status) == ("python", Status.SUCCEEDED)


async def test_a_task_that_nobody_serves_is_given_up_in_the_end() -> None:
    delivery = FakeDelivery(a_task(language="cobol"), attempt=MAX_DELIVERIES)
    execution = await RunnerOnFakes(ScriptedPool()).handle(delivery)
    assert execution.status is Status.INTERNAL_ERROR
    assert "does not run cobol" in execution.error
