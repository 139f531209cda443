"""The part of a content that a request asks for."""

from __future__ import annotations

import pytest

from broker_gateway.interfaces.http.ranges import UnsatisfiableError, asked_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=3-", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-99", (0, 10)),
        (" bytes=2-99 ", (2, 10)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=\u0663-4", None),
        (f"bytes={'9' * 100}-", None),
    ],
)
def test_one_range_is_taken_and_what_is_none_is_all_of_it(header: str, part: tuple[int, int] | None) -> None:
    assert asked_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=999999999999999-"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        asked_range(header, 10)
