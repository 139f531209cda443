"""The comparisons of a case's output with what was expected, by mode: each in one pass, no further than to the
first difference."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import zip_longest

from schemas.task import DEFAULT_EPSILON, Comparison, ComparisonMode

_WORD = re.compile(r"\S+")


def accepts(comparison: Comparison, output: str, expected: str) -> bool:
    """True if ``output`` passes for ``expected``. Raises ValueError for a comparison that does not exist."""
    if comparison.mode == ComparisonMode.FLOAT:
        return same_numbers(output, expected, comparison.epsilon or DEFAULT_EPSILON)
    compare = _BY_MODE.get(comparison.mode)
    if compare is None:
        raise ValueError(f"no such comparison: {comparison.mode!r}")
    return compare(output, expected)


def same_text(output: str, expected: str) -> bool:
    """EXACT: the very same text."""
    return output == expected


def same_trimmed(output: str, expected: str) -> bool:
    """White space at line ends and empty lines at the end do not count."""
    ours, theirs = output.rstrip(), expected.rstrip()
    return ours == theirs or all(a == b for a, b in zip_longest(_lines(ours), _lines(theirs)))


def same_tokens(output: str, expected: str) -> bool:
    """Words separated by any white space."""
    return all(a == b for a, b in zip_longest(_words(output), _words(expected)))


def same_numbers(output: str, expected: str, epsilon: float) -> bool:
    """As tokens, and words that are numbers may differ by ``epsilon``, absolutely or relatively. As languages differ in
    how they spell what is no number, ``nan`` is ``NaN`` and ``inf`` is ``Infinity``."""
    return all(_close(a, b, epsilon) for a, b in zip_longest(_words(output), _words(expected), fillvalue=""))


def _words(text: str) -> Iterator[str]:
    """One by one: a list of them is made in one step, beside which no other thread runs."""
    return (found.group() for found in _WORD.finditer(text))


def _lines(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) != -1:
        yield text[start:end].rstrip()
        start = end + 1
    yield text[start:].rstrip()


def _close(a: str, b: str, epsilon: float) -> bool:
    if a == b:
        return True
    x, y = _number(a), _number(b)
    if x is None or y is None:
        return False
    return math.isclose(x, y, rel_tol=epsilon, abs_tol=epsilon) or (math.isnan(x) and math.isnan(y))


def _number(token: str) -> float | None:
    if "_" in token or not token.isascii():  # float() takes 1_000 and the digits of every script, no judge does
        return None
    try:
        return float(token)
    except ValueError:
        return None


_BY_MODE: dict[str, Callable[[str, str], bool]] = {
    ComparisonMode.EXACT: same_text,
    ComparisonMode.TRIMMED: same_trimmed,
    ComparisonMode.TOKENS: same_tokens,
}
