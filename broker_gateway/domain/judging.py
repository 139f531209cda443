"""The rules of test cases and checkers: what may be asked, and how it is put to a node."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broker_gateway.domain.code import Code, SourceRules
from broker_gateway.domain.draft import DraftCase
from broker_gateway.domain.program_input import InputRules
from broker_gateway.domain.resource_limit import LimitRules, ResourceLimit
from broker_gateway.domain.text import CONTROL, byte_length
from broker_gateway.domain.violation import Violation
from schemas.content import data_in, text_in
from schemas.task import Checker, Comparison, ComparisonMode, TestCase

_CASE_NAME_CHARS = 128
_MODES = frozenset(ComparisonMode)


@dataclass(frozen=True, slots=True)
class CaseRules:
    """The bounds of a task's cases: how many, and how large."""

    cases: int = 100
    bytes_in_all: int = 1 << 20
    """Standard inputs, arguments and expected outputs of all cases together."""

    def violations(
        self, cases: Sequence[DraftCase], inputs: InputRules, limits: LimitRules, path: str
    ) -> Iterator[Violation]:
        if len(cases) > self.cases:
            yield Violation(path, f"must have at most {self.cases} cases")
            return
        size = sum(_size_bytes(case) for case in cases)
        if size > self.bytes_in_all:
            yield Violation(path, f"must have at most {self.bytes_in_all} bytes in all, have {size}")
        for index, case in enumerate(cases):
            yield from _case_violations(case, inputs, limits, f"{path}[{index}]")


def _size_bytes(case: DraftCase) -> int:
    return byte_length(case.stdin) + byte_length(case.expected_output) + sum(map(byte_length, case.args))


def _case_violations(case: DraftCase, inputs: InputRules, limits: LimitRules, path: str) -> Iterator[Violation]:
    if len(case.name) > _CASE_NAME_CHARS or CONTROL.search(case.name):
        yield Violation(f"{path}.name", f"must have at most {_CASE_NAME_CHARS} characters, none a control character")
    yield from inputs.stdin_violations(case.stdin, f"{path}.stdin")
    yield from inputs.args_violations(case.args, f"{path}.args")
    yield from limits.violations(case.limits, f"{path}.limits")
    if case.comparison not in _MODES:
        yield Violation(f"{path}.comparison.mode", "is not a known mode")
    if not (math.isfinite(case.epsilon) and case.epsilon >= 0):
        yield Violation(f"{path}.comparison.epsilon", "must be a finite number, 0 or more")


def checker_violations(
    checker: Checker | None, cases: Sequence[DraftCase], rules: SourceRules, path: str
) -> Iterator[Violation]:
    """What is wrong with a checker, but for its language, which the scheduler knows."""
    if checker is None:
        return
    if not cases:
        yield Violation(path, "needs cases to judge")
    yield from Code(checker.files).violations(rules, path)


def case_of(draft: DraftCase, number: int, limits: ResourceLimit) -> TestCase:
    """The case as a node gets it. ``number`` counts from 1 and names a case that has no name; ``limits`` are the
    task's."""
    return TestCase(
        name=draft.name or str(number),
        stdin=text_in(draft.stdin),
        args=list(draft.args),
        expected_output=draft.expected_output,
        comparison=Comparison.of(draft.comparison, draft.epsilon),
        limits=limits.changed_by(draft.limits).value if draft.limits else None,
        stdin_data=data_in(draft.stdin),
        stdin_blob=draft.stdin_blob,
    )
