"""Which places in a module ``make mutants`` leaves alone."""

from __future__ import annotations

import pytest

from dev.mutant_filter import is_uninteresting, uninteresting_regions

SOURCE = """\
LIMIT = 1 << 20

@dataclass(frozen=True)
class Box(Base, kw_only=True):
    size: int | None = 3

    @property
    def full(self, *, at: int | None = 4) -> bool | None:
        return self.size == 5 and all(zip([6], [7], strict=False))


class Port(Protocol):
    @cached
    def open(self) -> bool: ...
"""


@pytest.mark.parametrize(
    ("text", "left_alone"),
    [
        ("<<", True),  # a module's constant
        ("True)\nclass", True),  # a class's decorator
        ("@dataclass", True),
        ("True):", True),  # a class's keywords
        ("| None = 3", True),  # annotations
        ("| None = 4", True),
        ("| None:", True),
        ("3", True),  # a class's constant
        ("False", True),  # zip's strict
        ("property", False),  # a function's decorator
        ("*, at", True),  # its star
        ("4", True),  # a signature's default
        ("cached", True),  # a protocol
        ("== 5", False),
        ("and", False),
        ("6", False),
    ],
)
def test_only_what_a_program_decides_at_run_time_is_changed(text: str, left_alone: bool) -> None:
    before = SOURCE[: SOURCE.index(text)].split("\n")
    assert is_uninteresting((len(before), len(before[-1])), uninteresting_regions(SOURCE)) is left_alone


def test_a_module_without_a_statement_has_no_regions() -> None:
    assert uninteresting_regions("") == []
