"""The agent's life: taken over, stopped and started again, and used for hundreds of runs."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.agent.attached import AttachedAgent
from tests.integration.agent.conftest import HELLO, SLEEP, assert_gone, assert_works


def test_another_node_takes_the_slot_over_while_a_program_runs(own_python_slot: AttachedAgent) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert own_python_slot.next()[0]["type"] == "output"
    own_python_slot.hang_up()
    own_python_slot.attach()
    own_python_slot.hello()
    assert_works(own_python_slot)


@pytest.mark.parametrize("stop", ["SIGTERM", "SIGKILL"])
def test_it_ends_at_once_when_told(own_python_slot: AttachedAgent, stop: str) -> None:
    own_python_slot.start({"main.py": SLEEP}, ["python3", "main.py"])
    assert own_python_slot.next()[0]["type"] == "output"
    began = time.monotonic()
    own_python_slot.api.kill(own_python_slot.name, stop)
    assert_gone(own_python_slot)
    assert time.monotonic() - began < 5


def test_a_stopped_slot_starts_again_clean(own_python_slot: AttachedAgent) -> None:
    own_python_slot.python("open('/tmp/x', 'w').close()")
    own_python_slot.hang_up()
    own_python_slot.api.stop(own_python_slot.name)
    own_python_slot.attach()
    own_python_slot.api.start(own_python_slot.name)
    assert own_python_slot.hello()["runs"] == 0
    assert_works(own_python_slot)


def test_four_hundred_runs_leave_no_descriptor_and_no_memory(own_python_slot: AttachedAgent) -> None:
    def held() -> tuple[int, int]:
        fds = len(own_python_slot.inside("ls /proc/1/fd").split())
        kib = own_python_slot.inside("grep VmRSS /proc/1/status").split()[1]
        return fds, int(kib)

    kinds: list[tuple[str, dict[str, Any]]] = [
        (HELLO, {}),
        ("1/0", {}),
        (HELLO, {"warm": False}),
        ("import os\nos.kill(os.getpid(), 9)", {}),
        ("import os\nos.fork()\nopen('/tmp/x', 'w').close()", {"stdin": b"x" * 100_000}),
        ("print('x' * 9999)", {"output_bytes": 100}),
        (HELLO, {"env": {"A": "b"}}),
        (SLEEP, {"wall_ms": 20}),
    ]
    for source, options in kinds * 5:
        assert own_python_slot.python(source, **options).clean["ok"]
    before = held()
    for source, options in kinds * 45:
        assert own_python_slot.python(source, **options).clean["ok"]
    after = held()
    assert after[0] == before[0]
    assert after[1] - before[1] < 1_024
    assert own_python_slot.hello()["runs"] == len(kinds) * 50
