"""The ``coderunner`` command as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[3]
# a background job hands down an ignored SIGINT
COMMAND = ("env", "--default-signal=INT", sys.executable, "-c", "from coderunner.cli.main import main; main()")


class Cli(Protocol):
    def __call__(
        self, *arguments: str, stdin: str = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]: ...
