"""The comparisons of a case's output with what was expected, by mode."""

from __future__ import annotations

import math
from collections.abc import Callable

from schemas.task import DEFAULT_EPSILON, Comparison, ComparisonMode


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
    return _trimmed(output) == _trimmed(expected)


def same_tokens(output: str, expected: str) -> bool:
    """Words separated by any white space."""
    return output.split() == expected.split()


def same_numbers(output: str, expected: str, epsilon: float) -> bool:
    """As tokens, and words that are numbers may differ by ``epsilon``, absolutely or relatively. As languages differ in
    how they spell what is no number, ``nan`` is ``NaN`` and ``inf`` is ``Infinity``."""
    ours, theirs = output.split(), expected.split()
    return len(ours) == len(theirs) and all(_close(a, b, epsilon) for a, b in zip(ours, theirs, strict=True))


def _trimmed(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


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
