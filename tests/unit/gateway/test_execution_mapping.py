"""Executions as protobuf messages."""

from __future__ import annotations

import pytest

from broker_gateway.interfaces.execution_mapping import execution_message
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import CaseResult
from schemas.status import Status, Verdict
from tests.builders import a_stage, an_execution


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_name_in_the_proto(status: Status) -> None:
    assert execution_message(an_execution("t", status=status)).status == pb.Execution.Status.Value(status.value)


def test_cases_and_signals_are_passed_on() -> None:
    killed = a_stage(exit_code=None, signal=9)
    cases = [
        CaseResult(name="1", verdict=Verdict.ACCEPTED, stage=killed, checker_output="ok"),
        CaseResult(name="2", verdict=Verdict.SKIPPED, stage=None, checker_output=""),
    ]
    first, second = execution_message(an_execution("t", cases=cases)).cases
    assert (first.verdict, first.stage.signal, first.stage.HasField("exit_code")) == (pb.CaseResult.ACCEPTED, 9, False)
    assert not second.HasField("stage")
