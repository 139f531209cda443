"""Outputs that are cut so that a result fits into one message."""

from __future__ import annotations

import msgspec
import pytest

from node.domain.shrink import shrink_outputs
from schemas.execution import Execution, Stage
from schemas.status import Status

_STAGE = Stage(
    exit_code=0,
    signal=None,
    stdout="",
    stderr="",
    stdout_truncated=False,
    stderr_truncated=False,
    stdout_invalid_utf8=False,
    stderr_invalid_utf8=False,
    wall_ms=0.0,
    cpu_ms=0.0,
    peak_memory_bytes=0,
    limits_hit=[],
)
_EXECUTION = Execution(
    id="t-1",
    status=Status.SUCCEEDED,
    language="python",
    language_version="3.13.5",
    node_id="node-1",
    attempt=1,
    queued_ms=0.0,
    labels={},
    compile=None,
    run=None,
    cases=[],
    warnings=[],
    error="",
    submitted_at_ms=0,
    finished_at_ms=0,
)


def cut(stdout: str = "", stderr: str = "", **flags: bool) -> Stage:
    """What is left of a stage at four characters."""
    stage = msgspec.structs.replace(_STAGE, stdout=stdout, stderr=stderr, **flags)
    shrunk = shrink_outputs(msgspec.structs.replace(_EXECUTION, run=stage), 4)
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
