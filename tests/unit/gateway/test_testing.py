"""Tasks whose files are run as tests: what is refused, and which nodes are handed them."""

from __future__ import annotations

import pytest

from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.draft import DraftCase, DraftInteraction, TaskDraft
from broker_gateway.domain.endings import placement_violations
from broker_gateway.domain.scheduler import Placement, TaskScheduler, needs_of
from broker_gateway.domain.violation import Violation
from schemas.answers import answer_key
from schemas.task import SourceFile
from tests.builders import a_language_record, a_node_record, a_task


def a_draft(**fields: object) -> TaskDraft:
    files = [SourceFile("", "def test_a(): pass")]
    return TaskDraft(language="python", files=files, test_framework="pytest", **fields)  # type: ignore[arg-type]  # fields


def faults(draft: TaskDraft) -> list[str]:
    return [f"{one.field} {one.description}" for one in AdmissionPolicy().violations(draft, "task")]


def placed(draft: TaskDraft, *nodes: ClientNode) -> tuple[TaskScheduler, list[Violation]]:
    scheduler = TaskScheduler(nodes)
    placement = scheduler.place(needs_of(draft, None))
    assert isinstance(placement, Placement)
    return scheduler, list(placement_violations(draft, placement, scheduler, "task"))


def node(name: str, *frameworks: str, version: str = "3.13.5") -> ClientNode:
    return ClientNode(a_node_record(name, a_language_record("python", version, test_frameworks=list(frameworks))))


def test_tests_alone_are_let_in() -> None:
    assert faults(a_draft()) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cases": [DraftCase(expected_output="1")]}, "task.test_framework is not for a task with cases"),
        ({"interaction": DraftInteraction()}, "task.test_framework is not for a task that is talked to"),
    ],
)
def test_cases_and_talk_are_refused_with_them(fields: dict[str, object], words: str) -> None:
    assert faults(a_draft(**fields)) == [words]


@pytest.mark.parametrize("name", ["x" * 65, "a\0b", "\x1b[2J", "x" * 1_000_000])
def test_a_name_that_is_none_is_refused_in_few_words(name: str) -> None:
    draft = a_draft()
    draft.test_framework = name
    (words,) = faults(draft)
    assert words == "task.test_framework must have at most 64 characters, none a control character"


def test_a_framework_that_the_language_has_not_is_refused_with_those_that_it_has() -> None:
    draft = a_draft()
    draft.test_framework = "junit"
    _, violations = placed(draft, node("n1", "pytest", "unittest"))
    assert [(one.field, one.description) for one in violations] == [
        ("task.test_framework", "'junit' is none of python's; it has: pytest, unittest")
    ]
    _, violations = placed(draft, node("n1"))
    assert violations[0].description.endswith("it has: none at all")


def test_a_node_of_an_older_version_that_serves_the_language_is_named() -> None:
    scheduler, violations = placed(a_draft(), node("n1", "pytest"), node("old"))
    assert violations == []
    assert scheduler.node_behind(a_draft(), "python") == "'old' serves python without that test framework"
    elsewhere = ClientNode(a_node_record("other", a_language_record("bash", "5")))
    scheduler, _ = placed(a_draft(), node("n1", "pytest"), elsewhere)
    assert scheduler.node_behind(a_draft(), "python") == ""


def test_a_program_goes_to_nodes_without_frameworks_as_ever() -> None:
    draft = a_draft()
    draft.test_framework = ""
    scheduler, violations = placed(draft, node("old"))
    assert (violations, scheduler.node_behind(draft, "python")) == ([], "")


def test_the_same_files_as_a_program_and_as_tests_have_two_answers() -> None:
    keys = {answer_key(a_task(test_framework=name), {"d"}) for name in ("", "pytest", "unittest")}
    assert len(keys) == 3
