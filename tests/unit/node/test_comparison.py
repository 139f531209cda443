from __future__ import annotations

import random

import pytest

from node.domain.comparison import accepts, same_numbers, same_text, same_tokens, same_trimmed
from schemas.task import Comparison

SEED = random.Random(7)
BITS = ["a", "b1", "3.14", "0", " ", "\n", "\t", "é", "\r\n", "  "]
TEXTS = ["".join(SEED.choices(BITS, k=SEED.randrange(12))) for _ in range(300)]


@pytest.mark.parametrize("compare", [same_text, same_trimmed, same_tokens])
def test_every_comparison_accepts_the_expected_output_itself(compare: object) -> None:
    for text in TEXTS:
        assert compare(text, text)  # type: ignore[operator] # one of three functions
        assert same_numbers(text, text, 1e-9)


def test_exact_implies_trimmed_implies_tokens_implies_float() -> None:
    for a, b in zip(TEXTS, reversed(TEXTS), strict=True):
        for output in (a, a + "\n", a.replace("\n", " \n")):
            chain = [
                same_text(output, b),
                same_trimmed(output, b),
                same_tokens(output, b),
                same_numbers(output, b, 1e-9),
            ]
            assert chain == sorted(chain)


def test_comparisons_do_not_care_which_side_is_which() -> None:
    for a, b in zip(TEXTS, reversed(TEXTS), strict=True):
        assert same_trimmed(a, b) == same_trimmed(b, a)
        assert same_tokens(a, b) == same_tokens(b, a)
        assert same_numbers(a, b, 0.5) == same_numbers(b, a, 0.5)


def test_trimmed_ignores_line_ends_and_empty_lines_at_the_end_only() -> None:
    assert same_trimmed("1 \r\n2\n\n\n", "1\n2")
    assert not same_trimmed(" 1", "1")
    assert not same_trimmed("1\n\n2", "1\n2")


def test_tokens_ignore_all_white_space() -> None:
    assert same_tokens("1  2\n3", "1 2 3\n")
    assert not same_tokens("12 3", "1 23")


@pytest.mark.parametrize(
    ("output", "expected", "accepted"),
    [
        ("0.3333333", "0.33333334", True),
        ("1000000.5", "1000000.0", True),
        ("1.1", "1.0", False),
        ("x 1", "x 1.0000001", True),
        ("x 1", "y 1", False),
        ("x", "1", False),
        ("1", "x", False),
        ("1 2", "1", False),
        ("nan", "nan", True),
        ("nan", "1", False),
        ("-nan", "NaN", True),
        ("+Inf", "Infinity", True),
        ("-inf", "inf", False),
        ("\u0661", "1", False),
        ("inf", "1e308", False),
        ("1_0", "10", False),
    ],
)
def test_numbers_may_differ_by_epsilon(output: str, expected: str, accepted: bool) -> None:
    assert same_numbers(output, expected, 1e-6) is accepted


def test_an_epsilon_of_zero_takes_the_default() -> None:
    assert accepts(Comparison(mode="float", epsilon=0.0), "1.0000001", "1")
    assert not accepts(Comparison(mode="float", epsilon=0.0), "1.001", "1")
    assert accepts(Comparison(mode="float", epsilon=0.01), "1.001", "1")


def test_an_unknown_comparison_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such comparison"):
        accepts(Comparison(mode="roughly", epsilon=0.0), "1", "1")
