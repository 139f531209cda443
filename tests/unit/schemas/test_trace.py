"""The trace that a caller names, and what anybody may send in its place."""

from __future__ import annotations

import pytest

from schemas.trace import is_sampled, trace_id, traceparent_of, unsampled

ONE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_traceparent_is_taken_as_it_is_and_names_its_trace() -> None:
    assert traceparent_of(ONE) == ONE
    assert trace_id(ONE) == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        None,
        ONE.encode(),
        ONE.upper(),
        ONE + "\n",
        ONE + "-more",
        " " + ONE,
        ONE[:-1],
        ONE.replace("00-4", "ff-4"),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        "00-" + "\u0664" * 32 + "-00f067aa0ba902b7-01",
        "x" * 10_000_000,
    ],
    ids=lambda sent: repr(sent)[:40],
)
def test_whatever_else_is_sent_is_no_trace(sent: object) -> None:
    assert traceparent_of(sent) == ""
    assert not isinstance(sent, str) or (trace_id(sent), is_sampled(sent), unsampled(sent)) == ("", False, "")


@pytest.mark.parametrize(("flags", "sampled", "cleared"), [("01", True, "00"), ("00", False, "00"), ("ff", True, "fe")])
def test_of_its_flags_only_the_one_that_says_recorded_is_looked_at_and_cleared(
    flags: str, sampled: bool, cleared: str
) -> None:
    assert is_sampled(ONE[:-2] + flags) is sampled
    assert unsampled(ONE[:-2] + flags) == ONE[:-2] + cleared
