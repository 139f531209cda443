"""The limits of a submission: which of ours each of Judge0's is, and what may be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from broker_gateway.domain.resource_limit import LimitRules
from broker_gateway.domain.violation import Violation

STACK_KB = 8192
"""What every program of ours has, whatever is asked; a program may not be promised more."""
_NUMBER = re.compile(r"\s*[+-]?\d{1,18}(\.\d{1,18})?\s*", re.ASCII)
_NUMBER_CHARS = 64
_MAX = 1 << 53


class Measure(NamedTuple):
    """A limit of Judge0's."""

    name: str
    ours: str
    """The field of ``schemas.task.Limits``."""
    factor: int
    """How many of our units are one of its."""
    is_whole: bool = True
    least: float = 0
    """The smallest that Judge0 takes."""

    def allowed(self, rules: LimitRules) -> tuple[float, float]:
        """What may be asked, in Judge0's units."""
        minimum, maximum = rules.allowed[self.ours]
        if self.is_whole:
            return max(self.least, -(-minimum // self.factor)), maximum // self.factor
        return max(self.least, minimum / self.factor), maximum / self.factor

    def usual(self, rules: LimitRules) -> float:
        """What it is where nothing is asked."""
        return self.theirs(getattr(rules.defaults, self.ours))

    def theirs(self, ours: int) -> float:
        """A value of ours in Judge0's units."""
        return ours // self.factor if self.is_whole else ours / self.factor


class Fixed(NamedTuple):
    """A limit that we have none for: asking for it changes nothing within these bounds, and is refused beyond."""

    name: str
    value: float
    """What is told of it."""
    least: float
    most: float


MEASURES = (
    Measure("cpu_time_limit", "cpu_ms", 1000, is_whole=False),
    Measure("wall_time_limit", "wall_ms", 1000, is_whole=False, least=1.0),
    Measure("memory_limit", "memory_bytes", 1024, least=2048),
    Measure("max_processes_and_or_threads", "processes", 1, least=1),
    Measure("max_file_size", "file_bytes", 1024),
)
FIXED = (
    Fixed("number_of_runs", 1, 1, 1),
    Fixed("cpu_extra_time", 0.0, 0.0, 5.0),  # after which Judge0 kills a program that is over its limit already
    Fixed("stack_limit", STACK_KB, 0, STACK_KB),
)


def asked_limits(body: object, rules: LimitRules, wrong: list[Violation]) -> dict[str, int]:
    """The limits of ours that a submission asks for; adds to ``wrong`` what is wrong with them."""
    for fixed in FIXED:
        _number(body, fixed.name, (fixed.least, fixed.most), wrong)
    asked: dict[str, int] = {}
    for measure in MEASURES:
        value = _number(body, measure.name, measure.allowed(rules), wrong)
        if value is not None:
            minimum, maximum = rules.allowed[measure.ours]
            asked[measure.ours] = min(max(round(value * measure.factor), minimum), maximum)
    if "file_bytes" in asked:  # Judge0's standard output is a file
        minimum, maximum = rules.allowed["output_bytes"]
        asked["output_bytes"] = min(max(asked["file_bytes"], minimum), maximum)
    return asked


def _number(body: object, name: str, allowed: tuple[float, float], wrong: list[Violation]) -> float | None:
    value = getattr(body, name)
    if value is None or value == "":
        return None
    number = number_of(value)
    found = ["is not a number"] if number is None else list(_out_of_range(number, *allowed))
    wrong += [Violation(name, words) for words in found]
    return None if found else number


def number_of(value: Any) -> float | None:
    """The number that was sent as one, or as text; None where it is none. What is very large is cut."""
    if isinstance(value, str) and len(value) <= _NUMBER_CHARS and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(max(-_MAX, min(value, _MAX)))


def _out_of_range(number: float, least: float, most: float) -> Iterator[str]:
    if number < least:
        yield f"must be greater than or equal to {least}"
    if number > most:
        yield f"must be less than or equal to {most}"
