"""The watch on file locks, on a list as the kernel writes it and a meter whose figures the test sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from node.agent.locks import MAX_LOCKS, LockWatch
from node.agent.meter import Meter

OURS = "1: POSIX  ADVISORY  WRITE 17 00:3a:5 0 0\n"


@dataclass
class SetMeter(Meter):
    cpu: float = 0.0
    system: float = 0.0

    def cpu_ms(self) -> float:
        return self.cpu

    def system_ms(self) -> float:
        return self.system


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def test_more_than_anybody_needs_is_too_many(listed: Path) -> None:
    meter = SetMeter()
    watch = LockWatch(meter, str(listed))
    listed.write_text(OURS * MAX_LOCKS)
    meter.system = 60
    assert not watch.too_many()
    listed.write_text(OURS * MAX_LOCKS + "2: -> FLOCK  ADVISORY  READ 18 00:3a:5 0 EOF\n")
    meter.system = 120
    assert watch.too_many()


def test_locks_of_others_and_of_nobody_do_not_count(listed: Path) -> None:
    meter = SetMeter()
    watch = LockWatch(meter, str(listed))
    listed.write_text((OURS.replace("17", "-1") + OURS.replace("17", "0") + "nonsense\n") * MAX_LOCKS)
    meter.system = 60
    assert not watch.too_many()


@pytest.mark.parametrize(("system", "cpu", "looks"), [(10, 900, False), (60, 60, True), (0, 1_100, True)])
def test_the_list_is_read_for_those_who_used_the_kernel(listed: Path, system: int, cpu: int, looks: bool) -> None:
    meter = SetMeter()
    watch = LockWatch(meter, str(listed))
    listed.write_text(OURS * (MAX_LOCKS + 1))
    meter.system, meter.cpu = system, cpu
    assert watch.too_many() == looks


def test_a_kernel_without_a_list_has_no_such_locks(listed: Path) -> None:
    meter = SetMeter()
    watch = LockWatch(meter, str(listed))
    meter.system = 60
    assert not watch.too_many()
