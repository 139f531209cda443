"""Outputs that are cut so that a result fits into one message."""

from __future__ import annotations

import pytest

from node.domain.shrink import output_size, shrink_outputs
from schemas.execution import Stage
from tests.builders import a_case_result, a_stage, an_execution


def cut(stdout: str = "", stderr: str = "", **flags: bool) -> Stage:
    """What is left of a stage at four characters."""
    stage = a_stage(stdout, stderr=stderr, **flags)
    shrunk = shrink_outputs(an_execution(run=stage), 4)
    assert shrunk.run is not None
    return shrunk.run


@pytest.mark.parametrize("text", ["", "abc", "abcd"])
def test_an_output_that_fits_stays_as_it_is_and_is_not_called_cut(text: str) -> None:
    assert (cut(stdout=text).stdout, cut(stdout=text).stdout_truncated) == (text, False)
    assert (cut(stderr=text).stderr, cut(stderr=text).stderr_truncated) == (text, False)


def test_an_output_that_is_too_long_keeps_its_beginning_and_says_that_it_was_cut() -> None:
    assert (cut(stdout="abcde").stdout, cut(stdout="abcde").stdout_truncated) == ("abcd", True)
    assert (cut(stderr="abcde").stderr, cut(stderr="abcde").stderr_truncated) == ("abcd", True)


def test_only_the_stream_that_was_cut_says_so() -> None:
    assert cut(stdout="abcde", stderr="a").stderr_truncated is False
    assert cut(stdout="a", stderr="abcde").stdout_truncated is False


def test_an_output_that_had_been_cut_before_still_says_so() -> None:
    stage = cut(stdout="ab", stderr="ab", stdout_truncated=True, stderr_truncated=True)
    assert (stage.stdout_truncated, stage.stderr_truncated) == (True, True)


def test_the_size_of_all_outputs_counts_every_stage_and_the_words_of_checkers() -> None:
    case = a_case_result(stage=a_stage("ab", stderr="c"), checker_output="de")
    assert output_size(an_execution(compile=a_stage("f"), run=a_stage("", stderr="gh"), cases=[case, case])) == 13
