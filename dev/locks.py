"""Locks between processes: one make at a time where two would hurt each other."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from dev.console import say
from dev.paths import RUN


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Waits for other processes that hold the lock ``name`` of this checkout; it ends with the process."""
    RUN.mkdir(mode=0o700, exist_ok=True)
    with (RUN / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"-- waiting for another make that holds {lock.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
