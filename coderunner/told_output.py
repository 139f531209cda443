"""How much of a program's output was told, so that nothing is told twice and what came late is told as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coderunner.model import Output, Stream

Span = tuple[int, int]


class ToldOutput:
    """The account of one listener, over as many calls as he makes."""

    def __init__(self) -> None:
        self._attempt = 0
        self._spans: dict[tuple[str, Stream], list[Span]] = {}

    def news(self, piece: Output) -> Iterator[Output]:
        """The parts of a piece that were not told, each with its place; they are told from now on. A higher attempt
        begins anew, and of a lower one nothing is news."""
        if piece.attempt > self._attempt:
            self._attempt = piece.attempt
            self._spans.clear()
        if piece.attempt < self._attempt:
            return
        spans = self._spans.setdefault((piece.stage, piece.stream), [])
        end = piece.offset + len(piece.text)
        for start, stop in _missing(spans, piece.offset, end):
            yield replace(piece, offset=start, text=piece.text[start - piece.offset : stop - piece.offset])
        if piece.text:
            spans[:] = _joined([*spans, (piece.offset, end)])


def _missing(spans: list[Span], start: int, end: int) -> list[Span]:
    """What of a range is in none of the spans, which are in order and apart."""
    missing = []
    for first, last in spans:
        if start < min(first, end):
            missing.append((start, min(first, end)))
        start = max(start, last)
    if start < end:
        missing.append((start, end))
    return missing


def _joined(spans: list[Span]) -> list[Span]:
    """The same ranges in order, with those as one that touch."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
