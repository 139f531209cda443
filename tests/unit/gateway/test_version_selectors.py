"""Selectors of versions, as npm's SemVer reads them."""

from __future__ import annotations

import pytest

from broker_gateway.interfaces.http.version_selectors import numbers_of, selected

SERVED = ["4.0.0", "3.13.5", "3.12.1", "3.9", "2.7.18", "0.2.3", "0.0.3"]
"""Newest first."""


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ("*", "4.0.0"),
        ("x", "4.0.0"),
        ("", "4.0.0"),
        ("3", "3.13.5"),
        ("3.x", "3.13.5"),
        ("3.X.x", "3.13.5"),
        ("3.12", "3.12.1"),
        ("3.12.*", "3.12.1"),
        ("v3.12.1", "3.12.1"),
        ("=3.12.1", "3.12.1"),
        ("3.12.1-rc.1", "3.12.1"),
        ("3.9", "3.9"),
        ("3.9.0", "3.9"),
        ("3.12.2", None),
        ("^3.9", "3.13.5"),
        ("^3.13.6", None),
        ("^0.2", "0.2.3"),
        ("^0.0.3", "0.0.3"),
        ("^0.0.2", None),
        ("^0", "0.2.3"),
        ("~3.12", "3.12.1"),
        ("~>3.12.0", "3.12.1"),
        ("~2", "2.7.18"),
        ("~3.12.2", None),
        (">3", "4.0.0"),
        (">3.12.1 <4", "3.13.5"),
        (">3.13.4 <=3.13", "3.13.5"),
        (">= 3.12 < 3.13", "3.12.1"),
        (">4", None),
        ("<3", "2.7.18"),
        ("<=3.9", "3.9"),
        ("<x", None),
        (">=x", "4.0.0"),
        ("3.9 - 3.12", "3.12.1"),
        ("2 - 2.7.17", None),
        ("5.x || 2.x", "2.7.18"),
        ("nonsense || 2.x", "2.7.18"),
        ("2.x nonsense", None),
        ("latest", None),
        ("3..", None),
        ("^", None),
        ("9999999999", None),
        ("٣", None),
        ("*" * 65, None),
        (" " * 1_000_000, None),
        (">" * 60, None),
        ("||" * 32, "4.0.0"),
    ],
)
def test_a_selector_means_the_newest_version_in_its_range(selector: str, meant: str | None) -> None:
    assert selected(selector, SERVED) == meant


def test_a_version_that_is_no_semver_can_be_asked_for_as_it_is_told() -> None:
    odd = ["5.2.37(1)-release", "21.0.9+10", "v20.19.2", "unknown"]
    assert [selected(one, odd) for one in odd] == odd
    assert selected("21", odd) == "21.0.9+10"
    assert selected("^20.1", odd) == "v20.19.2"
    assert selected("5.2.37", odd) == "5.2.37(1)-release"


def test_the_numbers_of_what_has_none_are_0() -> None:
    assert numbers_of("unknown") == (0, 0, 0)
