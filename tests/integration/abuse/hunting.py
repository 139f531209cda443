"""How hard one hunts: a few examples that are the same each time, or thousands that are not."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_HUNT = 1_000


def hunting(usual: int) -> settings:
    """So many examples of each test, or as many as ``CODERUNNER_FUZZ_EXAMPLES`` says."""
    examples = int(os.environ.get("CODERUNNER_FUZZ_EXAMPLES", str(usual)))
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples < _HUNT,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
