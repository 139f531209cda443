"""The output of `make`'s commands for the person at the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class SetupError(Exception):
    """Raised for what this machine lacks or refuses; its message is one sentence that says what to do."""


def say(line: str) -> None:
    """Prints one line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints ``title`` before the block and, after it, the seconds that it took."""
    say(f"-- {title}")
    started = time.monotonic()
    yield
    say(f"   done in {time.monotonic() - started:.1f} s")
