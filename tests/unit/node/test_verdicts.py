from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from node.domain.rules import check
from node.domain.sandbox import Ending, Outcome
from node.domain.shrink import shrink_outputs
from node.domain.text import LiveText, readable
from node.domain.verdict import (
    STDERR_TAIL_BYTES,
    as_its_runtime_says,
    case_verdict,
    checker_verdict,
    compile_status,
    explain,
    run_status,
    stage_of,
    summary,
)
from schemas.execution import Execution
from schemas.status import Status, Verdict
from tests.builders import LIMITS, PYTHON, a_case_result, a_stage, a_task, an_execution, an_outcome


@pytest.mark.parametrize(
    ("ending", "exit_code", "status"),
    [
        (Ending.EXITED, 0, Status.SUCCEEDED),
        (Ending.EXITED, 1, Status.FAILED),
        (Ending.EXITED, None, Status.FAILED),
        (Ending.CPU, None, Status.TIME_LIMIT),
        (Ending.WALL, None, Status.TIME_LIMIT),
        (Ending.MEMORY, None, Status.MEMORY_LIMIT),
        (Ending.OUTPUT, None, Status.OUTPUT_LIMIT),
        (Ending.DISK, 1, Status.FAILED),
        (Ending.CANCELLED, None, Status.CANCELLED),
    ],
)
def test_every_ending_has_its_status(ending: Ending, exit_code: int | None, status: Status) -> None:
    assert run_status(an_outcome(ending, exit_code)) is status


GREEDY = replace(PYTHON, out_of_memory_pattern="^MemoryError$")
NO_MEMORY = b"Traceback:\nMemoryError\n"


@pytest.mark.parametrize(("exit_code", "signal"), [(1, None), (None, 6)])
def test_a_runtime_that_gives_up_for_want_of_memory_met_its_limit_and_keeps_its_exit_code(
    exit_code: int | None, signal: int | None
) -> None:
    outcome = as_its_runtime_says(an_outcome(exit_code=exit_code, signal=signal, stderr=NO_MEMORY), GREEDY)
    stage = stage_of(outcome)
    assert run_status(outcome) is Status.MEMORY_LIMIT
    assert (stage.exit_code, stage.signal, stage.limits_hit) == (exit_code, signal, ["memory"])
    assert explain(outcome, LIMITS, "the program") == "the program ran out of memory, as its runtime says"


@pytest.mark.parametrize(
    "outcome",
    [
        an_outcome(exit_code=0, stderr=NO_MEMORY),
        an_outcome(exit_code=1, stdout=NO_MEMORY, stderr=b"no MemoryError"),
        an_outcome(exit_code=1, stderr=NO_MEMORY + b"x" * STDERR_TAIL_BYTES),
        an_outcome(Ending.WALL, None, stderr=NO_MEMORY),
        an_outcome(Ending.CANCELLED, None, stderr=NO_MEMORY),
    ],
    ids=["succeeded", "printed elsewhere", "long ago", "out of time", "cancelled"],
)
def test_words_about_memory_mean_nothing_where_the_program_did_not_die_of_it(outcome: Outcome) -> None:
    assert as_its_runtime_says(outcome, GREEDY) is outcome


def test_without_a_pattern_a_runtime_says_nothing() -> None:
    outcome = an_outcome(exit_code=1, stderr=NO_MEMORY)
    assert as_its_runtime_says(outcome, PYTHON) is outcome


@pytest.mark.parametrize("ending", [Ending.CPU, Ending.WALL, Ending.MEMORY, Ending.OUTPUT, Ending.DISK])
def test_a_compiler_that_hits_a_limit_is_a_compile_error_and_says_which(ending: Ending) -> None:
    outcome = an_outcome(ending, None)
    assert compile_status(outcome) is Status.COMPILE_ERROR
    assert explain(outcome, LIMITS, "the compiler").startswith("the compiler ")
    assert stage_of(outcome).limits_hit == [ending.value]


def test_a_content_compiler_has_no_status_and_a_cancelled_one_is_cancelled() -> None:
    assert compile_status(an_outcome()) is None
    assert compile_status(an_outcome(Ending.CANCELLED, None)) is Status.CANCELLED


def test_a_signal_of_its_own_is_told_in_words() -> None:
    assert explain(an_outcome(exit_code=None, signal=11), LIMITS, "it") == "it was ended by signal 11 (SIGSEGV)"
    assert explain(an_outcome(exit_code=None, signal=42), LIMITS, "it") == "it was ended by signal 42"
    assert explain(an_outcome(exit_code=3), LIMITS, "the program") == ""


def test_a_limit_is_told_once() -> None:
    assert stage_of(an_outcome(Ending.CPU, None, limits_hit=("cpu", "processes"))).limits_hit == ["cpu", "processes"]


def test_output_that_is_not_utf_8_is_replaced_and_flagged() -> None:
    stage = stage_of(an_outcome(stdout=b"a\xffb", stderr="é".encode()))
    assert (stage.stdout, stage.stdout_invalid_utf8) == ("a\ufffdb", True)
    assert (stage.stderr, stage.stderr_invalid_utf8) == ("é", False)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_that_our_cut_split_is_left_out_unflagged(cut: int) -> None:
    data = "x😀".encode()[:-cut]
    assert readable(data, truncated=True) == ("x", False)
    assert readable(data, truncated=False) == ("x\ufffd", True)


def test_live_text_counts_characters_and_waits_for_split_ones() -> None:
    live = LiveText()
    whole = "aé😀z".encode()
    pieces = [live.feed(whole[index : index + 1]) for index in range(len(whole))]
    assert [piece for piece in pieces if piece[1]] == [(0, "a"), (1, "é"), (2, "😀"), (3, "z")]
    assert live.feed(b"\xe2\x82", last=True) == (4, "\ufffd")


def test_a_wrong_output_and_a_failed_run_have_different_verdicts() -> None:
    assert case_verdict(Status.SUCCEEDED, accepted=True) is Verdict.ACCEPTED
    assert case_verdict(Status.SUCCEEDED, accepted=False) is Verdict.WRONG_ANSWER
    assert case_verdict(Status.FAILED, accepted=True) is Verdict.RUNTIME_ERROR
    assert case_verdict(Status.MEMORY_LIMIT, accepted=False) is Verdict.MEMORY_LIMIT


@pytest.mark.parametrize(
    ("ending", "code", "verdict"),
    [
        (Ending.EXITED, 0, Verdict.ACCEPTED),
        (Ending.EXITED, 1, Verdict.WRONG_ANSWER),
        (Ending.EXITED, 2, Verdict.CHECKER_ERROR),
        (Ending.WALL, 0, Verdict.CHECKER_ERROR),
    ],
)
def test_a_checker_judges_by_its_exit_code(ending: Ending, code: int, verdict: Verdict) -> None:
    assert checker_verdict(an_outcome(ending, code)) is verdict


def test_a_task_with_cases_succeeds_only_if_all_are_accepted() -> None:
    assert summary([a_case_result(Verdict.ACCEPTED)], cancelled=False) is Status.SUCCEEDED
    assert (
        summary([a_case_result(Verdict.ACCEPTED), a_case_result(Verdict.TIME_LIMIT)], cancelled=False) is Status.FAILED
    )
    assert summary([a_case_result(Verdict.ACCEPTED)], cancelled=True) is Status.CANCELLED


def test_the_code_check_names_rule_file_and_line_once() -> None:
    found = check(PYTHON.rules, {"a.py": "x = 1\nexec('y')\nexec('z')", "b.py": "execute(1)"})
    assert [str(finding) for finding in found] == ["a.py:2: exec is not for here [no-exec]"]


def test_outputs_that_were_cut_to_fit_say_so() -> None:
    run, cases = a_stage("12345", stderr="12"), [a_case_result(stage=a_stage("123456"))]
    small = shrink_outputs(an_execution(run=run, cases=cases), 3)
    assert small.run is not None
    assert (small.run.stdout, small.run.stdout_truncated) == ("123", True)
    assert (small.run.stderr, small.run.stderr_truncated) == ("12", False)
    assert small.cases[0].stage is not None
    assert small.cases[0].stage.stdout == "123"


@pytest.mark.parametrize(
    ("text", "was_cut", "says_so"), [("123", False, False), ("1234", False, True), ("1", True, True)]
)
def test_an_output_says_that_it_was_cut_where_it_was_and_only_there(text: str, was_cut: bool, says_so: bool) -> None:
    outcome = an_outcome(stdout=text.encode(), stderr=text.encode(), stdout_truncated=was_cut, stderr_truncated=was_cut)
    whole = msgspec.structs.replace(Execution.queued(a_task()), compile=stage_of(outcome))
    stage = shrink_outputs(whole, 3).compile
    assert stage is not None
    assert (stage.stdout_truncated, stage.stderr_truncated) == (says_so, says_so)
    assert (stage.stdout, stage.stderr) == (text[:3], text[:3])
