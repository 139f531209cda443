"""The output of all stages of a task in one result: what is kept, what is cut, and that it is said."""

from __future__ import annotations

import msgspec
import pytest

from node.application.attempt import Attempt
from node.domain.output_budget import OutputBudget
from schemas.execution import Execution, Stage
from schemas.kept_source import SOURCE_BYTES
from schemas.sizes import EXECUTION_BYTES
from schemas.status import Status
from tests.builders import a_case, a_case_result, a_stage, a_task, an_outcome
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import RunnerOnFakes

MIB = 1 << 20
BUS_BYTES = 8 * MIB


def a_budget(stages: int = 1, message_bytes: int = BUS_BYTES, *, large: bool = False) -> OutputBudget:
    return OutputBudget(stages=stages, message_bytes=message_bytes, large=large)


def kept(budget: OutputBudget, stdout: str, stderr: str = "") -> Stage:
    stage = budget.stage(a_stage(stdout, stderr=stderr))
    assert stage is not None
    return stage


def test_what_fits_is_kept_as_it_is_and_nothing_is_said() -> None:
    budget = a_budget()
    stage = a_stage("x" * MIB, stderr="y" * MIB)
    assert budget.stage(stage) is stage
    assert budget.words() == []


def test_control_characters_are_kept_as_long_as_their_json_fits() -> None:
    """They were cut to 16 KiB, and nobody said so."""
    budget = a_budget()
    stage = kept(budget, "\x01" * MIB, "\x01" * MIB)
    assert 450_000 < len(stage.stdout) == len(stage.stderr) < MIB
    assert (stage.stdout_truncated, stage.stderr_truncated) == (True, True)
    assert budget.words() == [f"the output of one stage was cut: a result may have {EXECUTION_BYTES} bytes"]


def test_a_short_stream_leaves_its_share_to_the_long_one() -> None:
    stage = kept(a_budget(message_bytes=MIB), "x" * MIB, "y" * 100)
    assert len(stage.stdout) > 700_000
    assert (stage.stderr, stage.stdout_truncated, stage.stderr_truncated) == ("y" * 100, True, False)


def test_the_first_stages_leave_each_later_one_half_of_an_equal_share() -> None:
    budget = a_budget(stages=10, message_bytes=MIB)
    lengths = [len(kept(budget, "x" * MIB).stdout) for _ in range(10)]
    assert lengths[0] > 8 * lengths[1]
    assert set(lengths[1:]) == {(MIB - MIB // 4) // 20}


def test_a_stage_that_was_not_there_leaves_its_share() -> None:
    budget = a_budget(stages=2, message_bytes=MIB)
    assert budget.stage(None) is None
    assert len(kept(budget, "x" * MIB).stdout) == MIB - MIB // 4


def test_what_a_checker_said_counts_too() -> None:
    budget = a_budget(message_bytes=MIB)
    case = budget.case(msgspec.structs.replace(a_case_result(stage=None), checker_output="x" * MIB))
    assert len(case.checker_output) == MIB - MIB // 4


def test_more_stages_than_were_announced_get_what_is_left() -> None:
    budget = a_budget(stages=1, message_bytes=MIB)
    assert kept(budget, "x" * MIB).stdout
    assert kept(budget, "x").stdout == ""


@pytest.mark.parametrize(("large", "most"), [(False, EXECUTION_BYTES), (True, BUS_BYTES)])
async def test_a_task_with_the_most_cases_and_output_fits_its_result(large: bool, most: int) -> None:
    """100 cases of 1 MiB of control characters on both streams were 1.2 GB of JSON."""
    execution = await run_with(b"\x01" * MIB, large_result=large)
    assert len(msgspec.json.encode(execution)) <= BUS_BYTES
    assert text_bytes(execution) <= most
    assert all(case.stage and case.stage.stdout and case.stage.stdout_truncated for case in execution.cases)
    assert execution.warnings == [f"the output of 100 stages was cut: a result may have {most} bytes"]


async def test_a_large_result_keeps_more() -> None:
    small, large = await run_with(b"x" * MIB), await run_with(b"x" * MIB, large_result=True)
    assert 3 * MIB < text_bytes(small) <= EXECUTION_BYTES
    assert 7 * MIB < text_bytes(large) <= BUS_BYTES


async def run_with(output: bytes, *, large_result: bool = False) -> Execution:
    task = a_task(cases=[a_case() for _ in range(100)], large_result=large_result)
    fakes = RunnerOnFakes(ScriptedPool(*[an_outcome(stdout=output, stderr=output) for _ in range(100)]))
    return await fakes.handle(FakeDelivery(task))


def text_bytes(execution: Execution) -> int:
    stages = [case.stage for case in execution.cases if case.stage]
    return sum(len(stage.stdout.encode()) + len(stage.stderr.encode()) for stage in stages)


@pytest.mark.parametrize("message_bytes", [1 << 20, 8 << 20])
async def test_the_largest_source_leaves_room_for_output_and_the_result_fits_the_bus(message_bytes: int) -> None:
    task = a_task(stdin="x" * (SOURCE_BYTES - 1024), keeps_source=True, large_result=True)
    attempt = Attempt(FakeDelivery(task), "n1", 1_500, message_bytes=message_bytes)
    stage = attempt.budget.stage(a_stage("\0" * (4 << 20)))
    assert stage is not None
    result = attempt.result(attempt.execution(Status.OUTPUT_LIMIT, run_stage=stage))
    assert result.source is not None
    assert message_bytes // 2 < len(msgspec.json.encode(result)) <= message_bytes
