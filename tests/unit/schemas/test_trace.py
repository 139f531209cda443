"""The trace that a caller names, and what anybody may send in its place."""

from __future__ import annotations

import pytest

from schemas.trace import trace_id, traceparent_of

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
    assert not isinstance(sent, str) or trace_id(sent) == ""
