"""What a report tells of a program, so that two runs of it can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.integration.agent.attached import Report

Changing = tuple[re.Pattern[bytes], bytes]
"""What differs from run to run, and the word that stands for it."""
FOLDER: Changing = (re.compile(rb"/workspace/task-[0-9a-f]+"), b"<dir>")


def told(report: Report, changing: Sequence[Changing]) -> dict[str, object]:
    """How the program ended and what it wrote, as text. Fails where its slot was not clean after it."""
    assert report.clean["ok"], report.clean
    return {
        "ending": (report.ending, report.exit_code, report.signal),
        "stdout": _steady(report.stdout, changing),
        "stderr": _steady(report.stderr, changing),
    }


def _steady(text: bytes, changing: Sequence[Changing]) -> str:
    for pattern, word in changing:
        text = pattern.sub(word, text)
    return text.decode(errors="backslashreplace")
