"""What is wrong with an input, as values; all of it is collected, not only the first."""

from __future__ import annotations

from typing import NamedTuple


class Violation(NamedTuple):
    field: str
    """Path in the caller's words, such as ``task.files[0].name``."""
    description: str
    """What would be right."""
