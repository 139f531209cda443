"""Test cases and their checkers, one after the other in one slot."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from node.application.judging import CHECKER_LIMITS
from node.domain.sandbox import Ending
from schemas.status import Status, Verdict
from schemas.task import Checker, SourceFile
from tests.builders import LIMITS, PYTHON, a_case, a_task, an_outcome, some_limits
from tests.fakes.node import FakeDelivery, ScriptedPool
from tests.unit.node.runner_on_fakes import COMPILED, RunnerOnFakes


async def test_cases_share_one_slot_and_each_has_its_verdict() -> None:
    fakes = RunnerOnFakes(
        ScriptedPool(
            an_outcome(stdout=b"2"), an_outcome(stdout=b"5"), an_outcome(exit_code=1), an_outcome(Ending.CPU, None)
        )
    )
    cases = [a_case("one", stdin="1", expected="2"), a_case(expected="4"), a_case(), a_case()]
    execution = await fakes.handle(FakeDelivery(a_task(cases=cases)))
    verdicts = [(case.name, case.verdict) for case in execution.cases]
    assert verdicts == [
        ("one", Verdict.ACCEPTED),
        ("2", Verdict.WRONG_ANSWER),
        ("3", Verdict.RUNTIME_ERROR),
        ("4", Verdict.TIME_LIMIT),
    ]
    assert execution.status is Status.FAILED
    assert execution.run is None
    assert len(fakes.pool.slots) == 1
    assert fakes.pool.launches[0][1].stdin == b"1"


@pytest.mark.parametrize("checker", [None, Checker(language="py", language_version="", files=[SourceFile("", "")])])
async def test_a_case_runs_within_its_own_limits_and_one_without_any_within_the_tasks(checker: Checker | None) -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    own = some_limits(cpu_ms=7)
    cases = [msgspec.structs.replace(a_case(), limits=own), a_case()]
    await fakes.handle(FakeDelivery(a_task(cases=cases, checker=checker)))
    of_the_program = [launch.limits for _, launch in fakes.pool.launches if launch.limits != CHECKER_LIMITS]
    assert of_the_program == [own, LIMITS]


async def test_the_first_failure_may_skip_the_rest() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(stdout=b"x")))
    cases = [a_case(expected="y"), a_case(expected="x")]
    execution = await fakes.handle(FakeDelivery(a_task(cases=cases, stop_at_first_failure=True)))
    assert [case.verdict for case in execution.cases] == [Verdict.WRONG_ANSWER, Verdict.SKIPPED]
    assert execution.cases[1].stage is None
    assert len(fakes.pool.launches) == 1


async def test_a_case_that_is_accepted_lets_the_next_one_run() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(stdout=b"x"), an_outcome(exit_code=1)))
    cases = [a_case(expected="x"), a_case(), a_case(), a_case()]
    execution = await fakes.handle(FakeDelivery(a_task(cases=cases, stop_at_first_failure=True)))
    told = [case.verdict for case in execution.cases]
    assert told == [Verdict.ACCEPTED, Verdict.RUNTIME_ERROR, Verdict.SKIPPED, Verdict.SKIPPED]


async def test_a_slot_for_all_cases_grants_the_most_that_one_asks_for_and_the_memory_of_the_first() -> None:
    fakes = RunnerOnFakes(ScriptedPool())
    limits = [some_limits(cpu_ms=9_000, memory_bytes=1), some_limits(wall_ms=90_000, memory_bytes=3), None]
    cases = [msgspec.structs.replace(a_case(), limits=one) for one in limits]
    await fakes.handle(FakeDelivery(a_task(cases=cases)))
    ((_, _, granted),) = fakes.pool.slots
    assert granted == some_limits(cpu_ms=9_000, wall_ms=90_000, memory_bytes=1)


async def test_bytes_that_are_no_text_are_nobodys_answer() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(stdout=b"\xff")))
    execution = await fakes.handle(FakeDelivery(a_task(cases=[a_case(expected="\ufffd")])))
    assert execution.cases[0].verdict is Verdict.WRONG_ANSWER


async def test_a_checker_is_not_asked_about_a_program_that_failed() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(exit_code=1)))
    checker = Checker(language="python", language_version="", files=[SourceFile("", "")])
    execution = await fakes.handle(FakeDelivery(a_task(cases=[a_case()], checker=checker)))
    assert execution.cases[0].verdict is Verdict.RUNTIME_ERROR
    assert len(fakes.pool.launches) == 1


async def test_a_checker_that_hits_a_limit_says_what_it_said_and_which() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(), an_outcome(Ending.CPU, None, stdout=b"hm. ", stderr=b"oh. ")))
    checker = Checker(language="python", language_version="", files=[SourceFile("", "")])
    execution = await fakes.handle(FakeDelivery(a_task(cases=[a_case()], checker=checker)))
    (case,) = execution.cases
    words = "hm. oh. the checker used more than 5000 ms of processor time"
    assert (case.verdict, case.checker_output) == (Verdict.CHECKER_ERROR, words)


async def test_a_checker_is_built_once_and_sees_input_output_and_expected() -> None:
    fakes = RunnerOnFakes(
        ScriptedPool(
            COMPILED,
            an_outcome(stdout=b"4"),
            an_outcome(stdout=b"fine"),
            an_outcome(stdout=b"5"),
            an_outcome(exit_code=1, stdout=b"odd"),
        )
    )
    checker = Checker(language="cpp", language_version="", files=[SourceFile("", "int main(){}")])
    cases = [a_case(stdin="2", expected="e"), a_case(stdin="3")]
    execution = await fakes.handle(FakeDelivery(a_task(cases=cases, checker=checker)))
    assert [(case.verdict, case.checker_output) for case in execution.cases] == [
        (Verdict.ACCEPTED, "fine"),
        (Verdict.WRONG_ANSWER, "odd"),
    ]
    files = fakes.pool.launches[2][1].files
    assert (files["input"], files["output"], files["expected"], files["program"]) == (b"2", b"4", b"e", b"ELF")


async def test_no_slot_is_held_while_a_checkers_slot_is_waited_for() -> None:
    pool = ScriptedPool(an_outcome(stdout=b"4"), an_outcome())
    fakes = RunnerOnFakes(pool)
    held: list[int] = []
    original = pool.slot

    def counting(*arguments: object) -> object:
        held.append(pool.open_slots)
        return original(*arguments)  # type: ignore[arg-type] # passed on as they came

    pool.slot = counting  # type: ignore[method-assign,assignment] # watches, changes nothing
    checker = Checker(language="python", language_version="", files=[SourceFile("", "")])
    await fakes.handle(FakeDelivery(a_task(cases=[a_case()], checker=checker)))
    assert held == [0, 0]


async def test_a_checker_that_does_not_compile_is_not_the_programs_fault() -> None:
    fakes = RunnerOnFakes(ScriptedPool(an_outcome(exit_code=1, stderr=b"oops")))
    checker = Checker(language="cpp", language_version="", files=[SourceFile("", "")])
    execution = await fakes.handle(FakeDelivery(a_task(cases=[a_case(), a_case("b")], checker=checker)))
    assert (execution.status, execution.error) == (Status.FAILED, "the checker does not compile")
    assert execution.compile is None, "Python has none"
    told = [(case.name, case.verdict, case.stage, case.checker_output) for case in execution.cases]
    assert told == [("1", Verdict.CHECKER_ERROR, None, "oops"), ("b", Verdict.CHECKER_ERROR, None, "oops")]


async def test_a_case_and_a_checker_that_run_out_of_memory_say_so_by_their_runtime() -> None:
    """Python ends with 1 then, which is a checker's wrong answer."""
    greedy = replace(PYTHON, out_of_memory_pattern="^MemoryError$")
    died = an_outcome(exit_code=1, stderr=b"MemoryError\n")
    pool = ScriptedPool(died, an_outcome(), died, languages=[greedy])
    checker = Checker(language="python", language_version="", files=[SourceFile("", "")])
    execution = await RunnerOnFakes(pool).handle(FakeDelivery(a_task(cases=[a_case(), a_case()], checker=checker)))
    assert [case.verdict for case in execution.cases] == [Verdict.MEMORY_LIMIT, Verdict.CHECKER_ERROR]
