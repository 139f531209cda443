"""Measures what a language's interpreter takes for itself, in its own sandbox."""

from __future__ import annotations

import structlog

from node.application.ports import Sandbox
from node.domain.language import Language
from node.domain.sandbox import Launch
from schemas.task import Limits

_TIMES = 2
"""The first may be charged for the interpreter's files, which nobody has read before."""

_log = structlog.get_logger(__name__)


async def measure(sandbox: Sandbox, language: Language, limits: Limits) -> int:
    """The peak in bytes of an interpreter that has nothing to do; 0 where the language has none, or it does not run.
    Raises SandboxLostError."""
    peaks = []
    for _ in range(_TIMES if language.baseline_command else 0):
        launch = Launch(files={}, command=language.baseline_command, limits=limits, warm=False)
        outcome = await sandbox.run(launch, lambda stream, data: None)
        if outcome.exit_code != 0:
            _log.warning("baseline_not_measured", language=language.id, ending=outcome.ending)
            return 0
        peaks.append(outcome.peak_memory_bytes)
    return min(peaks, default=0)
