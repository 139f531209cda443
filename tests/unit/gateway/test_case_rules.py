"""Each rule of test cases and checkers, at its edge and past it."""

from __future__ import annotations

import math

import pytest

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.draft import DraftCase
from broker_gateway.domain.judging import CaseRules
from schemas.task import Checker
from tests.builders import a_draft
from tests.unit.gateway.violations import fields, files


def test_cases_are_limited_in_number_and_size() -> None:
    policy = AdmissionPolicy(cases=CaseRules(cases=2, bytes_in_all=6))
    case = DraftCase(stdin="a", args=["b"], expected_output="c")
    assert fields(a_draft(cases=[case, case]), policy) == []
    assert fields(a_draft(cases=[case] * 3), policy) == ["task.cases"]
    assert fields(a_draft(cases=[case, DraftCase(stdin="abcd")]), policy) == ["task.cases"]


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (DraftCase(name="x" * 129), "name"),
        (DraftCase(name="\n"), "name"),
        (DraftCase(args=["\0"]), "args[0]"),
        (DraftCase(limits={"wall_ms": 0}), "limits.wall_ms"),
        (DraftCase(comparison="17"), "comparison.mode"),
        (DraftCase(comparison="float", epsilon=math.nan), "comparison.epsilon"),
        (DraftCase(comparison="float", epsilon=math.inf), "comparison.epsilon"),
        (DraftCase(comparison="float", epsilon=-1e-9), "comparison.epsilon"),
    ],
)
def test_a_case_is_held_to_the_same_rules(case: DraftCase, field: str) -> None:
    assert fields(a_draft(cases=[DraftCase(), case])) == [f"task.cases[1].{field}"]


def test_a_checker_is_held_to_the_same_rules_and_needs_cases() -> None:
    checker = Checker(language="", language_version="", files=files("../a"))
    assert fields(a_draft(checker=checker)) == ["task.checker.language", "task.checker", "task.checker.files[0].name"]
    checker = Checker(language="python", language_version="", files=files("a"))
    assert fields(a_draft(checker=checker, cases=[DraftCase()])) == []
