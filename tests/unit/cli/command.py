"""The ``coderunner`` command as the tests of its options call it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tests.servers.command import Done


class Cli(Protocol):
    def __call__(self, *arguments: str, stdin: str = "", cwd: Path | None = None) -> Done: ...
