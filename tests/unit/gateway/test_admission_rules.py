"""Each rule of a task itself, at its edge and past it."""

from __future__ import annotations

import pytest

from broker_gateway.domain.draft import DraftCase
from broker_gateway.domain.resource_limit import DEFAULT_LIMITS, Allowed, LimitRules
from schemas.task import Checker, SourceFile
from tests.builders import a_draft
from tests.unit.gateway.violations import POLICY, fields, files


def test_an_ordinary_task_is_let_in() -> None:
    task = a_draft(
        stdin="1\0 2",
        args=["a", "", "ü"],
        env={"LANG": "C", "_x1": ""},
        compile_options=["-O2"],
        limits={"cpu_ms": 1000, "memory_bytes": 64 << 20},
        priority="HIGH",
        cases=[DraftCase(name="one", stdin="1", expected_output="1", limits={"wall_ms": 50})],
        checker=Checker(language="python", language_version="", files=[SourceFile("", "exit(0)")]),
        idempotency_key="k" * 128,
        queue_deadline_ms=60_000,
        callback_url="https://blog.example/done?x=1",
        labels={"post": "7"},
        reader="r" * 64,
    )
    assert POLICY.violations(task, "task") == []


def test_everything_wrong_is_told_not_only_the_first() -> None:
    task = a_draft(files=files("../a", "b"), priority="17", limits={"cpu_ms": 0}, env={"1": ""}, args=["\0"])
    assert fields(task) == [
        "task.files[0].name",
        "task.args[0]",
        "task.env['1']",
        "task.limits.cpu_ms",
        "task.priority",
    ]


def test_the_path_is_the_callers_own() -> None:
    assert POLICY.violations(a_draft(language=""), "tasks[3]")[0].field == "tasks[3].language"


@pytest.mark.parametrize("language", ["", "p" * 65, "py\nthon", "py\0"])
def test_a_language_that_cannot_be_one_is_refused(language: str) -> None:
    assert fields(a_draft(language=language)) == ["task.language"]


@pytest.mark.parametrize("version", ["3" * 65, "3\n"])
def test_a_version_that_cannot_be_one_is_refused(version: str) -> None:
    assert fields(a_draft(language_version=version)) == ["task.language_version"]


@pytest.mark.parametrize("name", sorted(LimitRules().allowed))
def test_each_limit_has_a_least_and_a_most(name: str) -> None:
    minimum, maximum = LimitRules().allowed[name]
    assert fields(a_draft(limits={name: minimum})) == []
    assert fields(a_draft(limits={name: maximum})) == []
    assert fields(a_draft(limits={name: minimum - 1})) == [f"task.limits.{name}"]
    assert fields(a_draft(limits={name: maximum + 1})) == [f"task.limits.{name}"]
    assert fields(a_draft(limits={name: 2**64 - 1})) == [f"task.limits.{name}"]


def test_settings_whose_default_is_out_of_its_own_range_are_an_error() -> None:
    allowed = {**LimitRules().allowed, "cpu_ms": Allowed(1, DEFAULT_LIMITS.cpu_ms - 1)}
    with pytest.raises(ValueError, match="cpu_ms"):
        LimitRules(allowed=allowed)


@pytest.mark.parametrize("priority", ["", "17", "URGENT"])
def test_an_unknown_priority_is_refused(priority: str) -> None:
    assert fields(a_draft(priority=priority)) == ["task.priority"]


@pytest.mark.parametrize(
    "reader", ["r" * 65, "r" * 1_000_000, "a b", "a\n", "\0", "ü", "\x1b[31m"], ids=lambda text: text[:9]
)
def test_a_reader_that_is_long_or_cannot_be_seen_is_refused(reader: str) -> None:
    assert fields(a_draft(reader=reader)) == ["task.reader"]


def test_a_long_idempotency_key_is_refused() -> None:
    assert fields(a_draft(idempotency_key="k" * 129)) == ["task.idempotency_key"]


def test_a_queue_deadline_beyond_the_most_is_refused() -> None:
    assert fields(a_draft(queue_deadline_ms=24 * 3_600_000)) == []
    assert fields(a_draft(queue_deadline_ms=24 * 3_600_000 + 1)) == ["task.queue_deadline_ms"]


def test_a_version_may_have_64_characters_and_no_more() -> None:
    assert fields(a_draft(language_version="1" * 64)) == []
    assert fields(a_draft(language_version="1" * 65)) == ["task.language_version"]
