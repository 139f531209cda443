"""The value that says what is wrong with an input; all that is wrong is collected, not only the first."""

from __future__ import annotations

from typing import NamedTuple


class Violation(NamedTuple):
    """One thing that is wrong with an input."""

    field: str
    """Path in the caller's words, such as ``task.files[0].name``."""
    description: str
    """What would be right."""
