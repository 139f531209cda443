"""``make check``: everything that needs no running server. Runs all of it and exits with 1 if anything complained."""

from __future__ import annotations

import subprocess
import sys
import time

from dev.console import say
from dev.paths import REPOSITORY, VENV

_PYTHON = sys.executable
CHECKS: dict[str, list[str]] = {
    "ruff check": [_PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [_PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [_PYTHON, "-m", "mypy"],
    "layers": [str(VENV / "bin" / "lint-imports")],
    "stubs": [_PYTHON, "proto/generate", "--check"],
    "docs": [_PYTHON, "-m", "dev.docs"],
}


def main() -> int:
    failed = [name for name, command in CHECKS.items() if not _passes(name, command)]
    if failed:
        say(f"make check: {', '.join(failed)} failed")
        return 1
    say("make check: all passed")
    return 0


def _passes(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - started:.1f} s)")
    if done.returncode != 0:
        say(done.stdout.rstrip())
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
