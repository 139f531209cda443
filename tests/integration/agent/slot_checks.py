"""What is demanded of every slot after a run, and two programs to run in it."""

from __future__ import annotations

import pytest

from tests.integration.agent.attached import AgentGoneError, AttachedAgent

HELLO = "print('hello')"
SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(30)"
"""Says that it is up and then does nothing."""


def assert_works(slot: AttachedAgent) -> None:
    """The next program runs in the slot, and it is clean after it."""
    report = slot.python(HELLO)
    assert (report.stdout, report.exit_code, report.clean["ok"]) == (b"hello\n", 0, True)


def assert_gone(slot: AttachedAgent) -> None:
    """The agent hangs up and its container ends."""
    with pytest.raises((AgentGoneError, ConnectionError, BrokenPipeError)):
        _read_to_the_end(slot)
    assert not slot.api.wait(slot.name, timeout=60).get("Error")


def _read_to_the_end(slot: AttachedAgent) -> None:
    while True:
        slot.next()
