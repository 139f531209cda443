"""The agent's code that stays in memory, asked of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from node.agent.resident_code import keep_code_in_memory
locked = keep_code_in_memory(*sys.argv[1:])
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(locked, int(status['VmLck'].split()[0]) << 10)
"""


def locked(*maps: str) -> tuple[int, int]:
    """What it says to have locked, and what the kernel says."""
    asked = subprocess.run([sys.executable, "-c", SCRIPT, *maps], check=True, capture_output=True, text=True)
    said, seen = map(int, asked.stdout.split())
    return said, seen


def test_the_interpreter_and_the_c_library_stay_in_memory() -> None:
    said, seen = locked()
    assert said == seen > 4 << 20


@pytest.mark.parametrize("text", ["", "nonsense\n", "1-2 r-xp"])
def test_a_list_that_cannot_be_read_keeps_nothing(tmp_path: Path, text: str) -> None:
    maps = tmp_path / "maps"
    maps.write_text(text)
    assert locked(str(maps)) == (0, 0)
    assert locked(str(tmp_path / "none")) == (0, 0)
