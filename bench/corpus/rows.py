"""The rows of the corpus table: which programs, changed how, with which options, and what is asked of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from bench.corpus.preambles import with_an_unseen_preamble, with_everything

Change = Callable[[str, random.Random], str]


def unchanged(source: str, _: random.Random) -> str:
    return source


@dataclass(frozen=True, slots=True)
class Row:
    """All programs of a language in one way."""

    name: str
    language: str
    rounds: int
    """Measured runs of each program."""
    goal: float | None = None
    """The most that the median ratio should be."""
    options: tuple[str, ...] = ()
    """Of the compiler; none: the language's own."""
    change: Change = unchanged
    first_time: bool = False
    """Nothing has been sent before, and what the node does afterwards is waited for; otherwise each program has run
    before, with another end."""


ROWS = (
    Row("Python", "python", 8, goal=0.50),
    Row("JavaScript", "javascript", 6),
    Row("Java", "java", 5),
    Row("Go", "go", 5),
    Row("Bash", "bash", 8),
    Row(
        "C++, first time",
        "cpp",
        1,
        goal=1.05,
        change=with_an_unseen_preamble,
        first_time=True,
    ),
    Row("C++ -O2 -std=gnu++20", "cpp", 3, goal=0.25),
    Row("C++ -O0 -std=gnu++20", "cpp", 2, goal=0.25, options=("-O0", "-std=gnu++20")),
    Row("C++ -O2 -std=gnu++17", "cpp", 2, goal=0.25, options=("-O2", "-std=gnu++17")),
    Row("C++ -std=c++20", "cpp", 2, goal=0.25, options=("-std=c++20",)),
    Row("C++ <bits/stdc++.h> -O2", "cpp", 2, goal=0.20, change=lambda source, _: with_everything(source)),
)
