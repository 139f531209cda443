"""Kept answers of real programs in real containers."""

from __future__ import annotations

from typing import Any

import pytest

from coderunner import Client, Execution, TestCase
from coderunner.operations import Operator
from coderunner.status import Status
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

SQUARES = "n = int(input())\nprint(*(i * i for i in range(n)))\n"
CPP = "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }\n"


async def again(client: Client, language: str, source: str, **options: Any) -> Execution:
    """The execution once it is a kept one; the first of its kind runs."""
    await client.run(language, source, cache="READ_WRITE", **options)
    found: list[Execution] = []

    async def is_kept() -> bool:
        found.append(await client.run(language, source, cache="READ", **options))
        return bool(found[-1].cached_at_ms)

    await eventually(is_kept)
    return found[-1]


@pytest.mark.parametrize(
    ("language", "source", "stdin", "printed"),
    [("python", SQUARES, "4", "0 1 4 9\n"), ("cpp", CPP, "20 22", "42")],
)
async def test_the_second_run_is_the_first_ones_outcome(
    client: Client, language: str, source: str, stdin: str, printed: str
) -> None:
    kept = await again(client, language, source, stdin=stdin)
    assert kept.run is not None
    assert (kept.status, kept.run.stdout) == (Status.SUCCEEDED, printed)
    other = await client.run(language, source, stdin=f"1{stdin}", cache="READ")
    assert not other.cached_at_ms, "another input is another task"


async def test_an_error_is_kept_with_its_place(client: Client) -> None:
    kept = await again(client, "python", "a = 1\nprint(a / 0)\n")
    assert kept.status is Status.FAILED
    assert [(one.line, one.code) for one in kept.diagnostics] == [(2, "ZeroDivisionError")]


async def test_a_program_that_does_not_compile_is_kept(client: Client) -> None:
    kept = await again(client, "cpp", "int main() { return missing; }\n")
    assert kept.status is Status.COMPILE_ERROR
    assert kept.compile is not None
    assert "missing" in kept.compile.stderr


async def test_verdicts_are_kept(client: Client) -> None:
    cases = [TestCase(stdin="2", expected_output="0 1"), TestCase(stdin="3", expected_output="wrong")]
    kept = await again(client, "python", SQUARES, cases=cases)
    assert [case.verdict for case in kept.cases] == ["ACCEPTED", "WRONG_ANSWER"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import time\nprint(time.time())\n", "reads the clock"),
        ("import random\nprint(random.random())\n", "uses random numbers"),
        ("while True: pass\n", "TIME_LIMIT"),
        ("x = bytearray(1 << 40)\n", "MEMORY_LIMIT"),
    ],
)
async def test_what_may_end_otherwise_runs_each_time_and_says_why(client: Client, source: str, why: str) -> None:
    runs = [await client.run("python", source, cache="READ_WRITE") for _ in range(2)]
    assert [one.cached_at_ms for one in runs] == [0, 0]
    assert why in runs[0].not_kept


async def test_a_purge_has_it_run_again(client: Client, judging_stack: Stack) -> None:
    source = "print('purged')\n"
    await again(client, "python", source)
    async with Operator(judging_stack.gateways[0].target) as operator:
        assert await operator.purge_cache("cpp") >= 0
        assert await operator.purge_cache("python") >= 1
    assert not (await client.run("python", source, cache="READ")).cached_at_ms
