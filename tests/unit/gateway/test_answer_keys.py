"""Which tasks share an answer, and which answers a purge takes."""

from __future__ import annotations

from typing import Any

import pytest

from broker_gateway.application.commands import Invalid
from broker_gateway.domain.draft import DraftCase
from schemas.answers import answer_key
from schemas.task import SourceFile
from tests.builders import a_language_record, a_node_record, a_task
from tests.unit.gateway.test_answering import kept, run, serving, submit


@pytest.mark.parametrize(
    "changed",
    [
        {"files": [SourceFile("", "print(43)")]},
        {"files": [SourceFile("a.py", "print(42)")]},
        {"files": [SourceFile("a.py", "print(42)"), SourceFile("b.py", "")], "entry_point": "b.py"},
        {"files": [SourceFile("a.py", "print(42)"), SourceFile("b.py", "")], "entry_point": "a.py"},
        {"stdin": "x"},
        {"args": ["x"]},
        {"env": {"A": "b"}},
        {"compile_options": ["-O2"]},
        {"limits": {"cpu_ms": 1000}},
        {"language_version": "3.13"},
        {"large_result": True},
        {"cases": [DraftCase(stdin="1", expected_output="1")]},
        {"stop_at_first_failure": True},
    ],
    ids=str,
)
async def test_whatever_decides_the_outcome_is_part_of_the_key(changed: dict[str, Any]) -> None:
    gateway = serving()
    await kept(gateway)
    assert (await submit(gateway, **changed)).execution is None
    assert (await submit(gateway)).execution is not None, "the other one is still there"


async def test_what_decides_nothing_is_no_part_of_the_key() -> None:
    gateway = serving()
    await kept(gateway)
    beside: dict[str, Any] = {
        "priority": "HIGH",
        "labels": {"a": "b"},
        "queue_deadline_ms": 1000,
        "idempotency_key": "k",
    }
    assert (await submit(gateway, **beside)).execution is not None


def test_the_trace_of_a_caller_is_no_part_of_the_key() -> None:
    """No two callers have the same."""
    traced = a_task("t1", traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert answer_key(traced, {"d1"}) == answer_key(a_task("t1"), {"d1"})


async def test_another_image_is_another_answer() -> None:
    gateway = serving()
    await kept(gateway)
    gateway.directory.records = [a_node_record("n1", a_language_record(digest="d2"))]
    assert (await submit(gateway)).execution is None


async def test_a_purge_forgets_the_answers_and_those_under_way() -> None:
    gateway = serving()
    await kept(gateway)
    under_way = await submit(gateway, stdin="other")
    assert await gateway.operations.purge_cache("python", None) == 2
    await run(gateway, under_way.id)
    assert gateway.answers.kept == {}
    assert (await submit(gateway)).execution is None


async def test_a_purge_may_be_for_one_language_or_one_client() -> None:
    gateway = serving()
    await kept(gateway, client="blog")
    await kept(gateway, client="school")
    assert await gateway.operations.purge_cache("go", None) == 0
    assert await gateway.operations.purge_cache("", "school") == 1
    assert (await submit(gateway, client="blog")).execution is not None


@pytest.mark.parametrize("language", ["python.*", "*", ">", "a b", "x" * 100])
async def test_a_purge_of_what_is_no_language_is_refused(language: str) -> None:
    gateway = serving()
    await kept(gateway)
    assert isinstance(await gateway.operations.purge_cache(language, None), Invalid)
    assert len(gateway.answers.kept) == 1
