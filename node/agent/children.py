"""The signals that concern the agent: a child's end wakes its loop, SIGTERM ends it."""

from __future__ import annotations

import os
import signal


def watch_children() -> int:
    """A descriptor that can be read once a child has ended; SIGTERM ends the agent from now on."""
    wake, signalled = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, _note)
    signal.signal(signal.SIGTERM, _leave)
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    return wake


def _note(number: int, frame: object) -> None:
    """SIGCHLD only has to wake the poll."""


def _leave(number: int, frame: object) -> None:
    os._exit(0)
